/**
 * What a workspace costs that has 5,000 files of its own and 30,000 of prepared dependencies, from the call until a command
 * can be run in it. Beside it, in the same rounds and on the same disk, what anybody does by hand, each to the same end: a
 * tree in which whatever is written is written nowhere else. Hard links and an overlay are shown for comparison: through
 * the first a command can write into everybody's files, and the second is a mount that only its own namespace sees.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AttemptId, RunId } from '../../packages/core/src/model/ids.ts';
import type { Bench, BenchAsk } from '../../packages/core/src/ports/bench.ts';
import { openHub } from '../../packages/git/src/index.ts';
import { createLocalHost } from '../../packages/orchestrator/src/index.ts';
import { createEnvironmentStore, createSandbox } from '../../packages/sandbox/src/index.ts';
import type { Figure } from '../figure.ts';
import { git, IDENTITY, makeOrigin } from '../landing-repo.ts';
import { measured, type Used } from '../typed.ts';
import { median } from './paired.ts';

const FILES = 5_000;
const PACKAGES = 1_000;
const FILES_OF_ONE = 30;
const ROUNDS = 5;

const SETUP = `text=$(printf 'module.exports = %.0s' $(seq 80)); n=0
while [ $n -lt ${PACKAGES} ]; do mkdir -p node_modules/p$n; f=0
while [ $f -lt ${FILES_OF_ONE} ]; do echo "$text$n$f" >node_modules/p$n/f$f.js; f=$((f+1)); done; n=$((n+1)); done`;

interface Way {
  readonly name: string;
  /** Whether it gives what ours gives: the best of these is what ours is compared with. */
  readonly isEqual: boolean;
  make(): Promise<unknown>;
  drop(): Promise<unknown>;
}

export async function prepared(folder: string): Promise<readonly Figure[]> {
  const origin = join(folder, 'origin.git');
  await mkdir(folder, { recursive: true });
  makeOrigin(origin, FILES, 1);
  const ours = await oursOn(folder, origin);
  // A copy, for what is linked changes, and what changes serves nobody.
  const tree = join(folder, 'tree');
  await cp(ours.tree, tree, { recursive: true });
  const ways: readonly Way[] = [ours, ...otherWays(folder, origin, join(tree, 'node_modules'))];
  const used = await rounds(ways);
  await ours.close();
  return figuresOf(ways, used);
}

async function rounds(ways: readonly Way[]): Promise<ReadonlyMap<Way, readonly Used[]>> {
  const all = new Map<Way, Used[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ways) {
      all.get(way)!.push(await measured(async () => void (await way.make())));
      await way.drop();
    }
  }
  return all;
}

async function oursOn(
  folder: string,
  origin: string,
): Promise<Way & { tree: string; close(): Promise<void> }> {
  const stateDir = join(folder, 'state');
  const run = 'r-20261121-k3f7' as RunId;
  const target = { target: 'main', landOn: 'refs/heads/main', identity: IDENTITY };
  const opened = await openHub({ stateDir, repository: origin, run, ...target });
  const host = hostOn(stateDir, opened.workspaces);
  let bench: Bench | undefined;
  let count = 0;
  const make = async (): Promise<void> => {
    count += 1;
    const made = await host.open(askFor(count, opened.base));
    if (made.kind !== 'bench') throw new Error(made.detail);
    bench = made;
  };
  const drop = async (): Promise<void> => bench?.close();
  await make();
  await drop();
  const [key = ''] = (await readdir(join(stateDir, 'env'))).filter((name) => !name.startsWith('.'));
  const tree = join(stateDir, 'env', key, 'tree');
  return { name: 'a workspace of ours', isEqual: false, make, drop, tree, close: () => opened.close() };
}

function hostOn(stateDir: string, workspaces: Awaited<ReturnType<typeof openHub>>['workspaces']) {
  const system = { nodePath: process.execPath, path: ['/usr/bin', '/bin'], readOnly: [] };
  return createLocalHost({
    slots: 8,
    workspaces,
    sandbox: createSandbox({ provider: 'bubblewrap', stateKey: stateDir, ...system }),
    environments: createEnvironmentStore(join(stateDir, 'env')),
    agentFor: () => {
      throw new Error('no agent works here');
    },
    capabilities: [],
    isFull: async () => false,
    leftovers: async () => [],
    log: { write: () => undefined },
    clock: { now: () => Date.now() },
  });
}

function askFor(n: number, base: BenchAsk['base']): BenchAsk {
  const name = `t${n}.1`;
  const setup = { command: SETUP, timeoutMs: 600_000, trusted: base, landed: base, network: 'base' } as const;
  return { name, base, attempt: name as AttemptId, setup, signal: new AbortController().signal };
}

function otherWays(folder: string, origin: string, modules: string): readonly Way[] {
  const at = join(folder, 'by-hand');
  const clone = () => git('/', ['clone', '-q', '--shared', origin, at]);
  const worktree = () => git(origin, ['worktree', 'add', '-q', '--detach', at, 'main']);
  const copy = () => ran('cp', '-a', '--reflink=auto', modules, at);
  const removed = () => rm(at, { recursive: true, force: true });
  const ended = () => git(origin, ['worktree', 'remove', '--force', at]);
  return [
    { name: 'git clone --shared, cp -a', isEqual: true, make: () => clone().then(copy), drop: removed },
    { name: 'git worktree, cp -a', isEqual: true, make: () => worktree().then(copy), drop: ended },
    {
      name: 'git clone --shared, hard links',
      isEqual: false,
      make: () => clone().then(() => ran('cp', '-al', modules, at)),
      drop: removed,
    },
    {
      name: 'git clone --shared, overlay mount',
      isEqual: false,
      make: () => clone().then(() => ran('unshare', ...OVERLAY, at, modules)),
      drop: removed,
    },
  ];
}

/** As whoever may not mount: in a user namespace of its own. It ends with the command, as a sandbox's would. */
const OVERLAY = [
  ...['-Urm', 'sh', '-ec'],
  'mkdir "$1/node_modules" "$1/.upper" "$1/.work"; mount -t overlay -o userxattr,lowerdir="$2",upperdir="$1/.upper",workdir="$1/.work" none "$1/node_modules"; test -f "$1/node_modules/p0/f0.js"',
  'overlay',
];

const ran = (program: string, ...args: readonly string[]) => promisify(execFile)(program, args);

function figuresOf(ways: readonly Way[], used: ReadonlyMap<Way, readonly Used[]>): Figure[] {
  const middle = (way: Way, of: (used: Used) => number): number => median(used.get(way)!.map(of));
  const [ours] = ways;
  const ratio = (of: (used: Used) => number): number => {
    // Round for round, for the machine is not alone.
    const best = (round: number) =>
      Math.min(...ways.filter((way) => way.isEqual).map((way) => of(used.get(way)![round]!)));
    return median(used.get(ours!)!.map((one, round) => of(one) / best(round)));
  };
  const aim = { kind: 'at-most', value: 1.3 } as const;
  const what = `${FILES} files and ${PACKAGES * FILES_OF_ONE} prepared`;
  return [
    { name: `${what}: CPU, of the best way by hand`, value: ratio(({ cpuMs }) => cpuMs), unit: '×', aim },
    {
      name: `${what}: time, of the best way by hand`,
      value: ratio(({ seconds }) => seconds),
      unit: '×',
      aim,
    },
    ...ways.flatMap((way) => [
      { name: `  ${way.name}, CPU`, value: middle(way, ({ cpuMs }) => cpuMs), unit: 'ms' },
      { name: `  ${way.name}`, value: middle(way, ({ seconds }) => seconds * 1_000), unit: 'ms' },
    ]),
  ];
}
