/**
 * One task of sixteen files, split three times over, by the real program: with one worker it comes to its end, with ten
 * every part lands before what it is a part of ends, and what waits for the whole comes last. The order is read from the
 * journal and from git, which know nothing of each other.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/depth.ts [-v]      # -v prints the screens
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, GATE, modelEnvironment, planOf, titleOf, workerAnswer } from '../support/bicycle.ts';
import { assertLandedOnce, landings } from '../support/landings.ts';
import { type Answer, type Call, startModelServer } from '../support/model-server.ts';
import { type Owner, World } from '../support/world.ts';
import { asScript } from './script.ts';

const isTold = process.argv.includes('-v');
/** `bicycle` into two, each into two, each of these into four of a file each. */
const WIDTHS = [2, 2, 4];
const LEAVES = 16;

const namesBelow = (name: string, level: number): string[] =>
  Array.from({ length: WIDTHS[level] ?? 0 }, (_, i) => `${name}-${i + 1}`);
const leavesOf = (name: string, level: number): string[] =>
  level === WIDTHS.length ? [name] : namesBelow(name, level).flatMap((one) => leavesOf(one, level + 1));

function taskOf(name: string, level: number): object {
  const [leaf] = (JSON.parse(planOf([name])) as { tasks: object[] }).tasks;
  if (level === WIDTHS.length) return leaf!;
  const scope = leavesOf(name, level).map((one) => `parts/${one}.txt`);
  return { id: name, title: `Build ${name}`, description: `Write ${scope.join(', ')}.`, scope, priority: 3 };
}

/** The first part is the foundation of the others. */
function split(call: Call): Answer {
  const name = /<task>\nt\d+: Build (\S+)/.exec(told(call))![1]!;
  const level = name.split('-').length - 1;
  const tasks = namesBelow(name, level).map((one, i) => {
    return { ...taskOf(one, level + 1), dependsOn: i === 0 ? [] : [`${name}-1`] };
  });
  return plan(told(call).includes('(your id ') ? [] : tasks);
}

const plan = (tasks: readonly object[]): Answer => ({
  text: JSON.stringify({ tasks, scratchpad: '## The whole\nas asked', done: true }),
});
const told = ({ messages }: Call): string => messages.map(({ content }) => content ?? '').join('\n');
const isSub = ({ messages }: Call): boolean =>
  messages[0]?.content?.startsWith('You split one task of a larger plan') === true;
const ROOT = [taskOf('bicycle', 0), { ...taskOf('paint', WIDTHS.length), dependsOn: ['bicycle'] }];

type Event = { type: string; task?: string; attempt?: string; spec?: { title: string; parent?: string } };

async function deep(owner: Owner, workers: number): Promise<string> {
  const world = await World.with(owner, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const server = await startModelServer(owner, (call) => {
    if (call.isWorker) return workerAnswer(call);
    if (isSub(call)) return split(call);
    return plan(told(call).includes('(your id ') ? [] : ROOT);
  });
  const env = modelEnvironment(server.url);
  const words = ['run', 'Build a bicycle', '--gate', GATE, '--workers', String(workers), '--depth', '3'];
  const took = performance.now();
  const ended = await world.swarm(words, { env });
  const seconds = Math.round((performance.now() - took) / 1000);
  show('swarm run --depth 3', ended.stdout, ended.stderr);
  assert.equal(ended.code, 0, ended.stderr);
  const leaves = leavesOf('bicycle', 0);
  assert.equal(leaves.length, LEAVES);
  const landed = await assertLandedOnce(world, base, [...leaves, 'paint'].map(titleOf));
  assert.equal(landed.length, LEAVES + 1);
  await assertOrder(world, base);
  for (const what of [['tasks'], ['explain', 't1'], ['explain', 't3'], ['status']])
    show(`swarm ${what.join(' ')}`, (await world.swarm(what, { env })).stdout);
  assert.equal((await world.swarm(['verify'])).code, 0);
  const atOnce = await mostAtOnce(world);
  assert.ok(atOnce <= workers && (workers === 1 || atOnce > 1), `${atOnce} at once`);
  return `${LEAVES} parts of parts of parts landed, at most ${atOnce} at once, in ${seconds} s`;
}

async function eventsOf(world: World): Promise<readonly Event[]> {
  const text = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => (JSON.parse(line) as { events: Event[] }).events);
}

/** In the journal: parts before their whole. In git: foundations before the rest, and what waits for all of it last. */
async function assertOrder(world: World, base: string): Promise<void> {
  const events = await eventsOf(world);
  const parents = new Map(
    events.flatMap(({ type, task, spec }) =>
      type === 'task.accepted' && spec?.parent ? [[task!, spec.parent] as const] : [],
    ),
  );
  assert.equal(parents.size, 2 + 4 + LEAVES);
  const open = new Map<string, number>();
  for (const parent of parents.values()) open.set(parent, (open.get(parent) ?? 0) + 1);
  for (const event of events)
    for (const task of overIn(event)) {
      assert.equal(open.get(task) ?? 0, 0, `${task} ends, and ${open.get(task)} of its parts have not`);
      const parent = parents.get(task);
      if (parent) open.set(parent, open.get(parent)! - 1);
    }
  assert.deepEqual([...new Set(open.values())], [0]);
  const line = (await landings(world, base, await world.branch())).map(({ subject }) => subject);
  assert.equal(line.at(-1), titleOf('paint'));
  for (const half of ['bicycle-1', 'bicycle-2'])
    for (const quarter of namesBelow(half, 1))
      for (const later of namesBelow(quarter, 2).slice(1))
        assert.ok(line.indexOf(titleOf(`${quarter}-1`)) < line.indexOf(titleOf(later)), later);
}

/** Tasks that an event brings to their end. */
function overIn(event: Event & { tasks?: readonly { task: string }[] }): readonly string[] {
  if (event.type === 'task.gathered') return [event.task!];
  if (event.type === 'landing.landed') return landedIn(event);
  return [];
}

const landedIn = (event: object): readonly string[] => [
  ...new Set([...JSON.stringify(event).matchAll(/"(t\d+)(?:\.\d+)?"/g)].map(([, task]) => task!)),
];

async function mostAtOnce(world: World): Promise<number> {
  let [now, most] = [0, 0];
  for (const { type } of await eventsOf(world)) {
    if (type === 'attempt.started') now += 1;
    if (type === 'attempt.ended') now -= 1;
    most = Math.max(most, now);
  }
  return most;
}

function show(what: string, ...said: readonly string[]): void {
  if (isTold) console.log(`──── ${what}\n${said.filter(Boolean).join('\n')}`);
}

for (const workers of [1, 10])
  await asScript(async (owner) => console.log(`${workers} at a time: ${await deep(owner, workers)}`));
