/**
 * Whether a hundred branches that all edit the same line slow down a hundred that do not: the real program, real git,
 * a scripted agent. The storm's scopes are not declared, or its tasks would simply wait for one another. Everything
 * must land in the end; what does not is an error, not a figure.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlanTask, World } from '../packages/cli/test/support/world.ts';
import type { Figure } from './figure.ts';

const EACH = 100;
const WORKERS = 16;

/** Storm and peace run side by side, so that whatever else the machine does falls on both alike. */
export async function run(): Promise<readonly Figure[]> {
  const began = performance.now();
  const [peace, storm] = await Promise.all([passage((i) => `peace-${i}.txt`), passage(() => 'shared.txt')]);
  const seconds = (performance.now() - began) / 1_000;
  return [
    { name: 'storm: all of it', value: seconds, unit: 's', aim: { kind: 'at-most', value: 180 } },
    { name: `storm: ${EACH} calm tasks beside ${EACH} like them`, value: peace.rate, unit: 'landings/s' },
    { name: `storm: ${EACH} calm tasks beside ${EACH} in conflict`, value: storm.rate, unit: 'landings/s' },
    {
      name: 'storm: the calm tasks’ rate, of the usual',
      value: (100 * storm.rate) / peace.rate,
      unit: '%',
      aim: { kind: 'at-least', value: 80 },
    },
    {
      name: 'storm: attempts begun until the last calm task landed',
      value: (100 * storm.begun) / peace.begun,
      unit: '% of usual',
      aim: { kind: 'at-most', value: 125 },
    },
    {
      name: 'storm: attempts for each landing in the end',
      value: storm.attempts / (2 * EACH),
      unit: '',
      aim: { kind: 'at-most', value: 2 },
    },
    { name: 'storm: times the number of workers changed', value: storm.scaled, unit: '' },
  ];
}

interface Passage {
  /** Landings of calm tasks for each second until the last of them. */
  readonly rate: number;
  /** Attempts begun by then: what it cost, whatever else the machine does. */
  readonly begun: number;
  /** Attempts begun in all. */
  readonly attempts: number;
  readonly scaled: number;
}

/** @param fileOf what the i-th of the other tasks writes. */
async function passage(fileOf: (i: number) => string): Promise<Passage> {
  const steps: (() => Promise<void>)[] = [];
  try {
    const world = await World.with({ after: (step) => void steps.push(step) }, { 'shared.txt': 'calm\n' });
    await useShell(world);
    const args = await world.plan(tasks(fileOf), '--workers', `${WORKERS}`, '--gate', 'none');
    const ended = await world.swarm(args);
    if (ended.code !== 0) throw new Error(`the run ended with ${ended.code}: ${ended.stderr.slice(-2_000)}`);
    return await measured(world);
  } finally {
    for (const step of steps.reverse()) await step();
  }
}

/** An agent of two processes: what is measured is the queue, not Node's start. */
async function useShell(world: World): Promise<void> {
  const script = join(world.root, 'agent.sh');
  await writeFile(script, `sed -n 's/^ *"description": "\\(.*\\)",$/\\1/p' "$1" | sh -eu\n`);
  const run = JSON.stringify(['/bin/sh', script, '{task_file}']);
  await writeFile(
    join(world.root, 'config', 'swarm', 'config.toml'),
    `[workers]\nattempts = 5\n[agent.command]\nrun = ${run}\n`,
  );
}

/** Calm and other tasks in turn: whoever comes first in the order must not decide. */
const tasks = (fileOf: (i: number) => string): PlanTask[] =>
  Array.from({ length: EACH }, (_, i) => [
    { title: `Calm ${i}`, description: `echo calm ${i} > calm-${i}.txt`, scope: [`calm-${i}.txt`] },
    { title: `Other ${i}`, description: `echo other ${i} > ${fileOf(i)}` },
  ]).flat();

async function measured(world: World): Promise<Passage> {
  const log = await world.log();
  const begun = log.find((line) => line.event === 'attempt.started')!;
  const titles = new Map(
    log
      .filter((line) => line.event === 'task.accepted')
      .map((line) => [line.task, (line.data as { spec: { title: string } }).spec.title]),
  );
  const calm = log.filter(
    (line) => line.event === 'landing.landed' && titles.get(taskOf(line))?.startsWith('Calm'),
  );
  if (calm.length !== EACH) throw new Error(`${calm.length} calm tasks landed`);
  const seconds = (Date.parse(calm.at(-1)!.ts) - Date.parse(begun.ts)) / 1_000;
  const attempts = log.filter((line) => line.event === 'attempt.started');
  const begunByThen = attempts.filter((line) => line.seq < calm.at(-1)!.seq).length;
  const scaled = log.filter((line) => line.event === 'run.scaled').length;
  return { rate: EACH / seconds, begun: begunByThen, attempts: attempts.length, scaled };
}

const taskOf = ({ data }: { data?: unknown }): string =>
  (data as { members: { task: string }[] }).members[0]!.task;
