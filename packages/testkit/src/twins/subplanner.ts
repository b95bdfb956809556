/** Planners of split tasks: they name parts, good ones and bad ones, say nothing of use, or find nothing to split. */
import type { Entry, EventOf } from '@swarm/core/events';
import type { TaskId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { World } from '../sim/world.ts';
import { USD_PER_TOKEN } from './agent.ts';
import { PLANNER_TOKENS } from './model.ts';
import type { Desk } from './reviewers.ts';

type Started = EventOf<'iteration.started'> & { readonly owner: TaskId };

export function twinSubplanners(desk: Desk): (entry: Entry) => void {
  return ({ events }) => {
    for (const e of events)
      if (e.type === 'iteration.started' && e.owner !== undefined) begin(desk, { ...e, owner: e.owner });
  };
}

function begin(desk: Desk, started: Started): void {
  const { world, isAlive } = desk;
  world.scheduler.after(world.random.between(500, 120_000), () => {
    if (isAlive()) answer(desk, started);
  });
}

function answer(desk: Desk, started: Started): void {
  const { world } = desk;
  if (world.hits('model')) return end(desk, started, world.random.pick(['unreadable', 'failed']), false);
  const isCut = world.hits('model');
  const isWhole = world.random.chance(0.2);
  if (isWhole) return end(desk, started, 'planned', true);
  const drafts = drawParts(world, started);
  give(desk, started, drafts);
  // Sent again: nothing is new, and nothing is wrong.
  if (world.random.chance(0.1)) give(desk, started, drafts);
  if (world.random.chance(0.1))
    void desk.orchestrator.ask({
      type: 'cancelLabel',
      label: 'a',
      reason: 'not wanted',
      owner: started.owner,
    });
  world.scheduler.after(world.random.between(1, 60_000), () => {
    if (desk.isAlive()) end(desk, started, isCut ? 'cut' : 'planned', world.random.chance(0.6));
  });
}

function give({ orchestrator }: Desk, { owner, iteration }: Started, drafts: readonly TaskDraft[]): void {
  const from = { by: 'subplanner', parent: owner, iteration } as const;
  void orchestrator.ask({ type: 'acceptTasks', drafts, from, eachAlone: true });
}

function end(
  { world, orchestrator }: Desk,
  { iteration }: Started,
  outcome: 'planned' | 'cut' | 'unreadable' | 'failed',
  isDone: boolean,
): void {
  world.spentTokens += PLANNER_TOKENS;
  const costUsd = PLANNER_TOKENS * USD_PER_TOKEN;
  const usage = { ...NO_USAGE, calls: 1, inputTokens: PLANNER_TOKENS, costUsd };
  const said = { type: 'endIteration', iteration, outcome, isDone, detail: '', usage } as const;
  void orchestrator.ask(said).then((first) => {
    // Whatever came of it, whoever says so again is too late.
    if (first.kind !== 'decision' || !world.random.chance(0.1)) return;
    void orchestrator
      .ask(said)
      .then((second) =>
        world.expect(second.kind === 'refusal', `plan: iteration ${iteration} ends a second time`),
      );
  });
}

const LABELS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

function drawParts(world: World, { owner, iteration }: Started): readonly TaskDraft[] {
  const { random } = world;
  const { scope } = world.durable.tasks.get(owner)!.spec;
  const files = scope.includes('f*.txt') ? ['f0.txt', 'f1.txt', 'f2.txt', 'f3.txt', 'f4.txt'] : scope;
  const count = random.between(1, LABELS.length);
  const before = world.durable.plans.get(owner)!.parts.length;
  return LABELS.slice(0, count).map((letter, i): TaskDraft => {
    // The same few words in every plan: each means its own.
    const label = before === 0 || random.chance(0.2) ? letter : `${letter}${iteration}`;
    const path = random.pick(files);
    const word = `${owner}${letter}${iteration}`;
    return {
      label,
      title: `Write ${word}`,
      description: `write ${path} ${word}`,
      scope: drawScope(world, path, files),
      acceptance: '',
      ...(random.chance(0.5) && { verify: `has ${path} ${word}` }),
      priority: random.between(1, 10),
      dependsOn: drawNeeds(world, owner, i),
      kind: 'change',
      requires: [],
    };
  });
}

function drawScope({ random }: World, path: string, files: readonly string[]): readonly string[] {
  if (random.chance(0.08)) return [path, 'elsewhere.txt'];
  if (random.chance(0.05)) return [];
  return random.chance(0.4) ? files : [path];
}

function drawNeeds({ random, durable }: World, owner: TaskId, i: number): readonly string[] {
  if (random.chance(0.05)) return [owner];
  if (random.chance(0.05)) return [random.pick([...durable.tasks.keys()])];
  return i > 0 && random.chance(0.3) ? [LABELS[i - 1]!] : [];
}
