/** The host's half: a process of its own with a state directory of its own. It never sees home's hub or its files. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommitId, RunId } from '@swarm/core/model/ids';
import type { Bench } from '@swarm/core/ports/bench';
import { ALL_SAVED } from '@swarm/core/ports/git';
import { type OpenedHub, openHub } from '@swarm/git';
import { localHost } from './local-host.ts';
import type { HostFolder } from './pipe-host.ts';
import { type Answer, inOnePiece, type ToHome, type ToHost } from './wire.ts';

const RUN = 'r-20261129-host' as RunId;
const IDENTITY = { name: 'Host', email: 'host@example.invalid' };
const folder = JSON.parse(process.argv[2]!) as HostFolder;
const repository = join(folder.state, 'repository');
const benches = new Map<string, Bench>();
/** What home sent for each bench: a merge made here is not among it, and has to go home too. */
const bases = new Map<string, CommitId>();
const aborts = new Map<number, AbortController>();
let opened: Promise<OpenedHub> | undefined;

const git = (at: string, args: readonly string[], input?: Buffer): void =>
  void execFileSync('git', ['-C', at, ...args], {
    input: input ?? Buffer.alloc(0),
    stdio: ['pipe', 'ignore', 'inherit'],
  });

/** The first base opens a repository here; what comes later goes straight into its hub. */
async function take(base: string, pack: Buffer): Promise<OpenedHub> {
  const hub = join(folder.state, 'hub.git');
  if (existsSync(hub)) {
    git(hub, ['index-pack', '--stdin', '--fix-thin'], pack);
    return opened!;
  }
  mkdirSync(repository, { recursive: true });
  git(repository, ['init', '--quiet']);
  git(repository, ['index-pack', '--stdin'], pack);
  git(repository, ['update-ref', 'refs/heads/main', base]);
  opened = openHub({
    stateDir: folder.state,
    repository,
    run: RUN,
    target: 'main',
    landOn: 'refs/heads/main',
    identity: IDENTITY,
  });
  return opened;
}

const hostOf = (hub: OpenedHub) =>
  localHost({ hub, state: folder.state, agent: folder.agent, kind: 'bubblewrap' });
let host: ReturnType<typeof hostOf> | undefined;

async function answer(message: Extract<ToHost, { id: number }>, signal: AbortSignal): Promise<Answer> {
  const { id } = message;
  switch (message.call) {
    case 'open': {
      const hub = await take(message.ask.base, Buffer.from(message.pack, 'base64'));
      host ??= hostOf(hub);
      const bench = await host.open({ ...message.ask, signal });
      if (bench.kind === 'cannot-run') return bench;
      benches.set(message.bench, bench);
      bases.set(message.bench, message.ask.base);
      const { head, conflicts, prefix } = bench;
      return { kind: 'opened', head, conflicts, prefix };
    }
    case 'shell': {
      const onLine = (...line: ['stdout' | 'stderr', string]) => say({ id, line });
      return {
        kind: 'ran',
        ran: await benches.get(message.bench)!.shell({ ...message.ask, signal, onLine }),
      };
    }
    case 'agent': {
      const onActivity: Parameters<Bench['agent']>[0]['onActivity'] = (activity) => say({ id, activity });
      return {
        kind: 'worked',
        result: await benches.get(message.bench)!.agent({ ...message.job, signal, onActivity }),
      };
    }
    case 'save':
      return save(message.bench, message.message);
    case 'close':
      await benches.get(message.bench)!.close();
      return { kind: 'done', value: undefined };
    case 'reap':
      return { kind: 'done', value: (await host?.reap()) ?? 0 };
    case 'clear':
      return { kind: 'done', value: (await host?.clear()) ?? [] };
    case 'full':
      return { kind: 'done', value: await host!.isFull() };
  }
}

/** What was saved into this host's own intake goes home as a pack: there it is judged again. */
async function save(name: string, message: string): Promise<Answer> {
  const bench = benches.get(name)!;
  const { hub } = await opened!;
  const saved = await bench.save(message);
  if (saved.kind === 'refused') return { kind: 'unsaved', why: saved.why };
  const taken = await hub.ingest(name as Parameters<typeof hub.ingest>[0]);
  if (taken.kind === 'commit')
    return {
      kind: 'saved',
      head: taken.commit,
      pack: await inOnePiece(hub.pack([taken.commit], [bases.get(name)!])),
      report: saved.kind === 'failed' ? { ...ALL_SAVED, leftOut: [saved.why] } : saved.report,
    };
  if (taken.kind === 'refused') return { kind: 'unsaved', why: taken.why };
  return saved.kind === 'failed'
    ? { kind: 'unsaved', why: saved.why }
    : { kind: 'nothing', report: saved.report };
}

const say = (message: ToHome): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** One opening after the other: they share what they fetch into. */
let turn: Promise<unknown> = Promise.resolve();

createInterface({ input: process.stdin })
  .on('line', (text) => {
    const message = JSON.parse(text) as ToHost;
    if ('abort' in message) return aborts.get(message.abort)?.abort();
    const controller = new AbortController();
    aborts.set(message.id, controller);
    const answered = (message.call === 'open' ? turn : Promise.resolve())
      .then(() => answer(message, controller.signal))
      .catch((error: Error): Answer => ({ kind: 'failed', why: error.message }));
    if (message.call === 'open') turn = answered;
    void answered.then((told) => {
      aborts.delete(message.id);
      say({ id: message.id, answer: told });
    });
  })
  .on('close', () => void Promise.resolve(opened).then((hub) => hub?.close()));
