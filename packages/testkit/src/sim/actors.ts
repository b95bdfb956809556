/** People: they act at times of their own, whether the process lives or not. */
import type { Command } from '@swarm/core/commands';
import type { AmendedPlan } from '@swarm/core/model/amended-plan';
import type { TaskId } from '@swarm/core/model/ids';
import type { PauseReason } from '@swarm/core/model/request';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Orchestrator } from '@swarm/orchestrator';
import { BREAK } from '../twins/words.ts';
import { draftOf } from './story.ts';
import type { World } from './world.ts';

/** Pushes to the target, as long as faults last: usually on top, now and then by force. */
export function startHuman(world: World, n = 1): void {
  world.scheduler.after(world.random.between(60_000, 1_800_000), () => {
    if (world.hits('rewrites')) rewrite(world);
    if (world.hits('human')) pushOnTop(world, n);
    if (world.rates.human > 0 || world.rates.rewrites > 0) startHuman(world, n + 1);
  });
}

/** Others fill the disk, and make room again. */
export function startDisk(world: World): void {
  if (world.rates.full === 0) return;
  world.scheduler.after(world.random.between(60_000, 1_800_000), () => {
    if (world.hits('full')) {
      world.fullUntil = world.scheduler.now + world.random.between(1_000, 1_200_000);
      world.isJournalOnIt = world.random.chance(0.3);
      world.tell('disk', `is full${world.isJournalOnIt ? ', the journal’s too' : ''}`);
    }
    startDisk(world);
  });
}

/** Somebody pushes just after we have looked: between a look and what is done upon it lies most of the danger. */
export function race(world: World): void {
  if (!world.hits('human') || !world.random.chance(0.1)) return;
  world.scheduler.after(world.random.between(1, 400), () =>
    pushOnTop(world, world.humanCommits.size + 1_000),
  );
}

function pushOnTop(world: World, n: number): void {
  const tree = new Map(world.objects.treeOf(world.target));
  const path = world.random.chance(0.5) ? `human${n}.txt` : world.random.pick([...tree.keys()]);
  const isBroken = world.hits('breaks');
  tree.set(path, `${tree.get(path) ?? ''}\nhuman ${n}${isBroken ? ` ${BREAK}` : ''}`);
  const made = world.objects.commit({
    parents: [world.target],
    tree,
    message: `human ${n}\n`,
    atSeconds: Math.floor(world.scheduler.now / 1000),
  });
  world.target = made.id;
  world.humanMovedAt = world.scheduler.now;
  world.humanCommits.add(made.id);
  world.tell('target', `moved by a person to ${made.id.slice(0, 8)}${isBroken ? ', broken' : ''}`);
}

/** Takes up to three commits off the target. What people lose that way they meant to lose. */
function rewrite(world: World): void {
  const line = world.objects.firstParents(world.base, world.target);
  const kept = line.slice(0, Math.max(0, line.length - world.random.between(1, 3)));
  const before = world.objects.ancestors(world.target);
  world.target = kept.at(-1)?.id ?? world.base;
  world.humanMovedAt = world.scheduler.now;
  const left = world.objects.ancestors(world.target);
  for (const id of before) if (!left.has(id)) world.takenOff.add(id);
  for (const id of world.humanCommits) if (!left.has(id)) world.humanCommits.delete(id);
  world.tell('target', `rewritten by a person to ${world.target.slice(0, 8)}`);
}

/** The most workers anybody asks for. */
export const SCALE_MAX = 6;

/** Pauses that end by themselves need nobody. */
const BY_ITSELF: readonly PauseReason[] = ['endpoints-down'];
const LOOKS_EVERY_MS = 600_000;

/** Whoever watches the run: lets it go on after a pause that needs a person and, while faults last, interferes. */
export function watch(world: World, orchestrator: Orchestrator, isAlive: () => boolean): void {
  world.operator = (command) => {
    if (isAlive()) ask(world, orchestrator, command);
  };
  world.scheduler.after(world.random.between(1, LOOKS_EVERY_MS), () => {
    if (!isAlive()) return;
    const { paused } = orchestrator.state;
    if (paused && !BY_ITSELF.includes(paused.reason))
      ask(world, orchestrator, { type: 'continue', by: 'operator' });
    else if (world.hits('operator')) interfere(world, orchestrator);
    else if (world.hits('undo')) takeBack(world, orchestrator);
    else if (world.hits('late')) reportAgain(world, orchestrator);
    watch(world, orchestrator, isAlive);
  });
}

function interfere(world: World, orchestrator: Orchestrator): void {
  const { random } = world;
  const anyTask = `t${random.between(1, 10)}` as TaskId;
  const { failed, cancelled } = orchestrator.state.byState;
  const over = failed.size + cancelled.size > 0 ? random.pick([...failed, ...cancelled]) : anyTask;
  const choices: readonly Command[] = [
    { type: 'cancelTask', task: anyTask, reason: 'not wanted', by: 'operator' },
    { type: 'retry', task: over, by: 'operator' },
    { type: 'retry', task: over, hint: 'again', by: 'operator' },
    { type: 'tell', task: anyTask, text: `note ${world.scheduler.now}` },
    { type: 'pause', reason: 'operator', detail: 'a pause' },
    { type: 'scale', workers: random.between(1, SCALE_MAX), reason: 'asked' },
    { type: 'amend', text: 'and more' },
    { type: 'amend', text: 'and other', plan: changed(random.between(0, 6), anyTask) },
    { type: 'prioritise', task: anyTask, place: random.pick(['first', 'last', 3] as const) },
    { type: 'scale', role: 'coder', workers: random.between(1, SCALE_MAX), reason: 'asked' },
    noteOf(world, orchestrator),
    {
      type: 'acceptTasks',
      drafts: [submitted(random.between(0, 6))],
      from: { by: 'operator' },
      eachAlone: false,
    },
  ];
  const { queue, spending } = orchestrator.state;
  // The worst moment for a pause: nothing new may start, and what is done still has to land.
  if (spending.reached && queue.size > 0 && random.chance(0.7))
    return ask(world, orchestrator, { type: 'pause', reason: 'operator', detail: 'a pause' });
  if (random.chance(0.2)) {
    world.tell('operator', 'leaves');
    orchestrator.signal(random.chance(0.5) ? 'drain' : 'kill');
  } else steer(world, orchestrator, random.pick(choices));
}

/** Mostly the given command; now and then what is more than one. */
function steer(world: World, orchestrator: Orchestrator, command: Command): void {
  const what = world.random.between(1, 20);
  if (what <= 2) propose(world, orchestrator);
  else if (what <= 6) noteTogether(world, orchestrator);
  else if (what <= 8) ask(world, orchestrator, { type: 'scale', role: 'coder', workers: 1, reason: 'asked' });
  else ask(world, orchestrator, command);
}

/** What comes of it is shown to nobody here: it must cost what is on record, and change nothing. */
function propose(world: World, orchestrator: Orchestrator): void {
  world.tell('operator', 'asks for a changed plan');
  // A fault ends the run, which is looked at where the run is awaited.
  orchestrator.propose('and more').then(
    () => undefined,
    () => undefined,
  );
}

/** One landing, with or without what stands on it, or all of them. */
function takeBack(world: World, orchestrator: Orchestrator): void {
  const { random } = world;
  const landed = [...orchestrator.state.byState.landed];
  if (landed.length === 0) return;
  const what = random.chance(0.1) ? 'run' : random.pick(landed);
  world.tell('operator', `undo ${what}`);
  const asked = orchestrator.undo({ what, withDependents: random.chance(0.5), by: 'operator' });
  asked.then(
    (outcome) => {
      if (outcome.kind !== 'undone') return;
      for (const id of outcome.tasks)
        world.expect(world.durable.undone.has(id), `P13: ${id} is said to be undone before the disk has it`);
    },
    // A fault ends the run, which is looked at where the run is awaited.
    () => {},
  );
}

/** A host that was given up comes back and says what became of its attempt. */
function reportAgain(world: World, orchestrator: Orchestrator): void {
  const ended = [...orchestrator.state.attempts.values()].flatMap((a) => (a.state === 'ended' ? [a] : []));
  if (ended.length === 0) return;
  const { id, handoff } = world.random.pick(ended);
  const usage = { ...NO_USAGE, calls: 1, inputTokens: 100 };
  const told = { attempt: id, detail: 'heard of late', usage };
  ask(
    world,
    orchestrator,
    handoff?.change
      ? { type: 'endAttempt', ...told, reason: 'handed-in', handoff }
      : { type: 'endAttempt', ...told, reason: 'no-change' },
  );
}

/** A plan of two tasks, one after the other, without one that there may be. */
const changed = (file: number, without: TaskId): AmendedPlan => ({
  drafts: [
    { ...submitted(file), label: `other ${file}` },
    { ...submitted(file), label: `after ${file}`, title: 'Write after', dependsOn: [`other ${file}`] },
  ],
  cancel: [without],
  isDone: false,
});

/** Two who have seen the same: one of them is told so. */
function noteTogether(world: World, orchestrator: Orchestrator): void {
  ask(world, orchestrator, noteOf(world, orchestrator));
  ask(world, orchestrator, noteOf(world, orchestrator));
}

/** Now and then by somebody who has seen an older one. */
function noteOf(world: World, { state }: Orchestrator): Command {
  const key = 'note';
  const now = state.notes.get(key)?.version ?? 0;
  const version = world.random.chance(0.5) ? now : Math.max(0, now - 1);
  const value = `text ${world.notesAsked.size}`;
  world.notesAsked.set(value, version);
  return { type: 'setNote', key, value, version, by: 'operator' };
}

const submitted = (file: number) =>
  draftOf({
    id: 'more',
    title: 'Write more',
    description: `write f${file}.txt more`,
    scope: [],
    priority: 3,
    dependsOn: [],
    kind: 'change',
  });

function ask(world: World, orchestrator: Orchestrator, command: Command): void {
  world.tell('operator', command.type);
  if (command.type === 'continue') world.continuesAsked += 1;
  // A refusal is an answer like any other; a fault ends the run, which is looked at where the run is awaited.
  void orchestrator.ask(command).then((answer) => {
    if (answer.kind === 'refusal' || answer.events.length === 0) return;
    const isThere = world.acked.some((entry) => entry.events === answer.events);
    world.expect(isThere, `P1: ${command.type} is answered before the disk has it`);
  });
}
