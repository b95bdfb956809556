/**
 * How fast branches land, by the calls the merge queue makes, and what it costs; beside other ways to do the same on
 * the same machine in the same minutes. Every landing is looked for at the end; a wrong one is an error, not a figure.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuMs } from './cpu.ts';
import { type BenchOptions, type Figure, secondsOf } from './figure.ts';
import { BRANCHES, openLander, WARM } from './landing-lander.ts';
import { farAway } from './landing-latency.ts';
import { makeOrigin } from './landing-repo.ts';
import { floor, type Land, oneShot, rebaseLoop } from './landing-rivals.ts';

const FILES = 2_000;
const FILES_LARGE = 50_000;
/** All take turns, so that whatever else the machine does falls on each alike. */
const ROUNDS = 5;
/** The loop with a checkout is so slow that some of the branches are enough. */
const REBASES_A_ROUND = 5;

export async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    if (options.latencyMs !== undefined) return await farAway(folder, options.latencyMs);
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
  const swarm = await openLander(folder, { origin: ours });
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
    name,
    value,
    unit,
    aim: { kind: 'at-least', value: aim },
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
  name: `landing: CPU, git's included, on ${files} files`,
  value,
  unit: 'ms each',
  aim,
});

/** Ours alone on the large repository. CPU time, which does not mind what else the machine does. */
async function large(folder: string, smallMsEach: number): Promise<Figure> {
  const origin = join(folder, 'large.git');
  makeOrigin(origin, FILES_LARGE, WARM + BRANCHES);
  const swarm = await openLander(join(folder, 'large'), { origin });
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
