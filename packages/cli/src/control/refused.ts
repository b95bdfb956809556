/** The core's own "no", told as every refusal is: what, why, and something that can be typed. */
import type { Problem, Refusal } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import type { State } from '@swarm/core/state';
import { sanitizeLine } from '../telling/output.ts';
import type { ControlReply, SteeringCommand } from './wire.ts';

/** What the socket itself says no with. */
export const refused = (what: string, fix: string): ControlReply => ({
  ok: false,
  problem: { code: 'SW0704', what, fix },
});

/** Names looked through for what may have been meant. */
const NAMES_MAX = 10_000;

export function problemOf(refusal: Refusal, command: SteeringCommand, state: State): Problem {
  const what = refusal.detail;
  switch (refusal.reason) {
    case 'unknown-task':
      return unknownTask('task' in command ? command.task : '', state);
    case 'out-of-range':
      return { code: 'SW0105', what, fix: RANGES[command.type] ?? 'swarm tasks' };
    case 'bad-task':
      return { code: 'SW0202', what, fix: 'swarm tasks' };
    case 'run-closed':
    case 'no-run':
      return { code: 'SW0104', what, fix: 'swarm status' };
    default:
      return { code: 'SW0108', what, fix: fixOf(command, state) };
  }
}

/** What is typed instead of a value that cannot be. */
const RANGES: Partial<Record<SteeringCommand['type'], string>> = {
  scale: 'swarm scale 8, or swarm scale reviewer 2',
  setNote: 'swarm notes',
  prioritise: 'swarm prioritise t12 first',
  raiseLimits: 'swarm status   (what is spent); then name more',
};

/** Whichever command it was typed after. */
export function unknownTask(written: string, state: State): Problem {
  const meant = meantBy(written, state);
  const ids = [...state.tasks.keys()];
  const range = ids.length > 1 ? `its tasks are ${ids[0]} to ${ids.at(-1)}` : `its only task is ${ids[0]}`;
  return {
    code: 'SW0106',
    what: `there is no task ${JSON.stringify(sanitizeLine(written, 100))} in ${state.run?.id ?? 'this run'}`,
    why: meant ? `did you mean ${meant}?` : ids.length > 0 ? range : 'no task was accepted yet',
    fix: 'swarm tasks',
  };
}

/** By the id, or by what the plan calls it. */
function meantBy(written: string, state: State): string | undefined {
  const labels = [...state.labels.keys()].slice(0, NAMES_MAX);
  const label = state.labels.has(written as never) ? written : nearestWord(written, labels);
  const id = nearestWord(written, [...state.tasks.keys()].slice(0, NAMES_MAX));
  const byLabel = label === undefined ? undefined : state.labels.get(label);
  if (byLabel) return `${byLabel}, which the plan calls ${sanitizeLine(label!, 100)}`;
  return id;
}

function fixOf(command: SteeringCommand, state: State): string {
  switch (command.type) {
    case 'pause':
      return 'swarm continue';
    case 'continue':
      return 'swarm status';
    case 'setNote':
      return 'swarm notes';
    case 'acceptTasks':
      return 'swarm run "what you want done"';
    case 'amend':
      return 'swarm submit "<what is to be done>"';
    case 'cancelTask':
    case 'tell':
    case 'prioritise':
    case 'retry': {
      const task = state.tasks.get(command.task);
      return task ? `swarm explain ${task.id}` : 'swarm tasks';
    }
    default:
      return 'swarm status';
  }
}
