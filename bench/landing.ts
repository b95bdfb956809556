/**
 * How fast branches land, by the calls the merge queue makes, and what it costs; beside other ways to do the same on
 * the same machine in the same minutes. Every landing is looked for at the end; a wrong one is an error, not a figure.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitId, RunId } from '../packages/core/src/index.ts';
import { openHub } from '../packages/git/src/index.ts';
import { openFileJournal } from '../packages/journal/src/index.ts';
import { cpuMs } from './cpu.ts';
import { type Figure, secondsOf } from './figure.ts';
import { git, IDENTITY, makeOrigin } from './landing-repo.ts';
import { floor, type Land, oneShot, rebaseLoop } from './landing-rivals.ts';
import { tryOf } from './long-run.ts';

const BRANCHES = 200;
/** Landed before anything is measured: by then the code is compiled and git's processes run. */
const WARM = 40;
const FILES = 2_000;
const FILES_LARGE = 50_000;
/** All take turns, so that whatever else the machine does falls on each alike. */
const ROUNDS = 5;
/** The loop with a checkout is so slow that some of the branches are enough. */
const REBASES_A_ROUND = 5;
const RUN = 'r-20261121-k3f7' as RunId;

export async function run(options: { readonly isLarge: boolean }): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const small = await race(folder);
    return options.isLarge ? [...small.figures, await large(folder, small.cpuMsEach)] : small.figures;
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

/** A way to land: the seconds its landings took, and how many they were. */
interface Contender {
  readonly land: Land;
  readonly perRound: number;
  seconds: number;
  landed: number;
}

async function contender(land: Land, perRound = BRANCHES / ROUNDS): Promise<Contender> {
  const warm = (WARM * perRound * ROUNDS) / BRANCHES;
  for (let n = 1; n <= warm; n++) await land(n);
  return { land: (n) => land(warm + n), perRound, seconds: 0, landed: 0 };
}

async function race(folder: string) {
  const [ours, scripted, shot, bare] = ['ours.git', 'scripted.git', 'shot.git', 'bare.git'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  makeOrigin(ours, FILES, WARM + BRANCHES);
  for (const copy of [scripted, shot, bare]) await cp(ours, copy, { recursive: true });
  const swarm = await openLander(folder, ours);
  const persistent = await floor(bare);
  const lander = await contender(swarm.land);
  const rebase = await contender(await rebaseLoop(scripted, folder), REBASES_A_ROUND);
  const single = await contender(await oneShot(shot));
  const kept = await contender(persistent.land);
  let cpu = 0;
  for (let round = 0; round < ROUNDS; round++) {
    cpu += await cpuOf(() => takeTurn(lander));
    for (const other of [kept, single, rebase]) await takeTurn(other);
  }
  await persistent.close();
  await swarm.verify();
  const cpuMsEach = cpu / lander.landed;
  return { cpuMsEach, figures: figuresOf({ lander, rebase, single, kept, cpuMsEach }) };
}

async function takeTurn(who: Contender): Promise<void> {
  who.seconds += await secondsOf(async () => {
    for (let i = 0; i < who.perRound; i++) await who.land(++who.landed);
  });
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = cpuMs();
  await work();
  return cpuMs() - before;
}

function figuresOf(all: Record<'lander' | 'rebase' | 'single' | 'kept', Contender> & { cpuMsEach: number }) {
  const rate = ({ landed, seconds }: Contender) => landed / seconds;
  const ours = rate(all.lander);
  const shown = (name: string, who: Contender): Figure => ({ name, value: rate(who), unit: 'landings/s' });
  const atLeast = (name: string, value: number, unit: string, aim: number): Figure => ({
    ...{ name, value, unit, aim: { kind: 'at-least', value: aim } },
  });
  return [
    atLeast(`landing: ${BRANCHES} branches on ${FILES} files`, ours, 'landings/s', 150),
    cpuFigure(FILES, all.cpuMsEach, { kind: 'at-most', value: 10 }),
    shown('(a) checkout, rebase and push', all.rebase),
    shown('(b) three processes each: merge, commit, update', all.single),
    shown('(c) floor: the same through processes that stay', all.kept),
    atLeast('landing, against (a)', ours / rate(all.rebase), '×', 10),
    atLeast('landing, against (b)', ours / rate(all.single), '×', 1.5),
    atLeast('landing, against (c)', (100 * ours) / rate(all.kept), '%', 40),
  ];
}

const cpuFigure = (files: number, value: number, aim: NonNullable<Figure['aim']>): Figure => ({
  ...{ name: `landing: CPU, git's included, on ${files} files`, value, unit: 'ms each', aim },
});

/** Ours alone on the large repository. CPU time, which does not mind what else the machine does. */
async function large(folder: string, smallMsEach: number): Promise<Figure> {
  const origin = join(folder, 'large.git');
  makeOrigin(origin, FILES_LARGE, WARM + BRANCHES);
  const swarm = await openLander(join(folder, 'large'), origin);
  const lander = await contender(swarm.land);
  let cpu = 0;
  for (let round = 0; round < ROUNDS; round++) cpu += await cpuOf(() => takeTurn(lander));
  await swarm.verify();
  return {
    name: `landing: CPU on ${FILES_LARGE} files, against ${FILES}`,
    value: cpu / lander.landed / smallMsEach,
    unit: '×',
    aim: { kind: 'at-most', value: 1.5 },
  };
}

interface Lander {
  readonly land: Land;
  verify(): Promise<void>;
}

/** Look, build, publish and record, one after the other, as the merge queue does with a gate that is off. */
async function openLander(folder: string, origin: string): Promise<Lander> {
  const landOn = 'refs/heads/main';
  const stateDir = join(folder, 'state');
  const opened = await openHub({
    stateDir,
    repository: origin,
    run: RUN,
    target: 'main',
    landOn,
    identity: IDENTITY,
  });
  const hubDir = join(stateDir, 'hub.git');
  await git(hubDir, ['fetch', '--quiet', origin, `refs/heads/work/*:refs/swarm/${RUN}/bench/*`]);
  const works = (await git(hubDir, ['for-each-ref', '--format=%(refname:lstrip=4) %(objectname)'])).split(
    '\n',
  );
  const workOf = new Map(works.map((line) => line.split(' ') as [string, CommitId]));
  const { journal } = await openFileJournal(join(folder, 'state', 'journal.ndjson'), { create: true });
  const land: Land = async (n) => {
    const onto = (await opened.hub.targetHead())!;
    const work = workOf.get(String(n))!;
    const built = await opened.hub.buildCandidate({
      onto,
      work,
      message: () => messageOf(n),
      atSeconds: 1_700_000_000,
    });
    if (built.kind !== 'clean') throw new Error(`work/${n}: ${JSON.stringify(built)}`);
    const told = await opened.hub.publish({ parent: onto, commit: built.commit, tree: built.tree });
    if (told.kind !== 'published') throw new Error(`work/${n}: ${JSON.stringify(told)}`);
    await journal.append([tryOf(n)]);
  };
  const verify = async () => {
    await Promise.all([opened.close(), journal.close()]);
    await verifyLandings(origin, hubDir, opened.base);
  };
  return { land, verify };
}

const messageOf = (n: number) =>
  `Change ${n}\n\nSwarm-Run: ${RUN}\nSwarm-Task: t${n}\nSwarm-Attempt: t${n}.1\nSwarm-Gate: none\n`;

/** By plain git, which knows nothing of ours: every branch on main's first-parent line once, in order, and sound. */
async function verifyLandings(origin: string, hubDir: string, base: string): Promise<void> {
  const format = '--format=%(trailers:key=Swarm-Attempt,valueonly,separator=)';
  const told = await git(origin, ['log', '--first-parent', '--reverse', format, `${base}..main`]);
  const expected = Array.from({ length: WARM + BRANCHES }, (_, i) => `t${i + 1}.1`).join('\n');
  if (told !== expected) throw new Error(`main of the origin does not hold the landings in order:\n${told}`);
  const merged = await git(origin, ['log', '--cherry-pick', '--right-only', '--format=%H', 'main...work/1']);
  if (merged !== '') throw new Error(`a branch is not on main: ${merged}`);
  for (const repository of [origin, hubDir]) await git(repository, ['fsck', '--strict', '--no-dangling']);
}
