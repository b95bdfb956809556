/** Planners of split tasks: they name parts, good ones and bad ones, say nothing of use, or find nothing to split. */
import type { TaskId } from '@swarm/core/model/ids';
import type { ModelRequest } from '@swarm/core/ports/models';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { World } from '../sim/world.ts';

/** Their prompt begins with its name, and names the task first: see twinPrompts and the orchestrator's wholeText. */
const WHOSE = /^subplanner$[\s\S]*?^task: (t\d+): /m;

/** The split task whose planner is asked; undefined: the run's is. */
export function ownerIn({ messages }: Pick<ModelRequest, 'messages'>): TaskId | undefined {
  const first = messages.find(({ role }) => role === 'user');
  return WHOSE.exec(first?.content ?? '')?.[1] as TaskId | undefined;
}

/** The iteration that asks; undefined: none of them is live. */
export function iterationIn(world: World, request: Pick<ModelRequest, 'messages'>): number | undefined {
  const owner = ownerIn(request);
  const { planning, plans } = world.durable;
  return (owner === undefined ? planning : plans.get(owner))?.live?.iteration;
}

export function subplanAnswer(world: World, owner: TaskId): string {
  const { random } = world;
  if (world.hits('model')) return 'It is hard to say what the parts are.';
  if (random.chance(0.2)) return JSON.stringify({ tasks: [], done: true });
  const drafts = drawParts(world, owner);
  // Sent again: nothing is new, and nothing is wrong.
  const again = random.chance(0.1) ? drafts : [];
  const tasks = [...drafts, ...again].map(({ label, ...rest }) => ({ id: label, ...rest }));
  const cancel = random.chance(0.1) ? ['a'] : [];
  return JSON.stringify({ tasks, cancel, scratchpad: 'parts', done: random.chance(0.6) });
}

const LABELS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

function drawParts(world: World, owner: TaskId): readonly TaskDraft[] {
  const { random } = world;
  const iteration = world.durable.plans.get(owner)!.live!.iteration;
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
