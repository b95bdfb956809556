/**
 * What the tasks it depends on came to. There may be thousands: the names of all of them stand there whatever they cost,
 * and what they say is cut fairly, so that a long one takes no room from a short one.
 */
import type { TaskId } from '@swarm/core/model/ids';
import { isSatisfied, type Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';

/** Characters that all texts together may have, beside names and ends. */
export const UPSTREAM_MAX = 120_000;

/** @param max see UPSTREAM_MAX. */
export function upstreamText(state: State, { spec }: Task, max = UPSTREAM_MAX): string {
  const ends = spec.dependsOn.map((id) => endOf(state.tasks.get(id)!));
  const cut = fairCut(
    ends.map(({ said }) => said.length),
    max,
  );
  const told = ends.map(({ name, said }) => (said === '' ? name : `${name}: ${shortened(said, cut)}`));
  return [spec.anyEnd && countLine(state, spec.dependsOn), ...told].filter(Boolean).join('\n\n');
}

/** What did not come to an end that counts is named first: it may stand far down among the others. */
function countLine(state: State, ids: readonly TaskId[]): string {
  const bad = ids.filter((id) => !isSatisfied(state.tasks.get(id)!.state));
  const sum = `${ids.length - bad.length} of ${ids.length} tasks came to something`;
  return bad.length === 0 ? `${sum}.` : `${sum}. These did not: ${bad.join(', ')}.`;
}

interface End {
  readonly name: string;
  readonly said: string;
}

function endOf(task: Task): End {
  const name = `${task.id} ${task.spec.title}`;
  if (task.state === 'failed') return { name: `${name}: FAILED (${task.failure})`, said: task.detail };
  if (task.state === 'cancelled') return { name: `${name}: CANCELLED`, said: task.reason };
  if (!('handoff' in task) || !task.handoff) return { name: `${name}: ${task.state}`, said: '' };
  const { summary, concerns } = task.handoff;
  return { name, said: [summary, ...concerns.map((c) => `concern: ${c}`)].join('\n') };
}

/** The most characters each text may have, so that all together have no more than `max`. */
export function fairCut(lengths: readonly number[], max: number): number {
  const sorted = [...lengths].sort((a, b) => a - b);
  let room = max;
  for (const [i, length] of sorted.entries()) {
    const share = Math.floor(room / (sorted.length - i));
    if (length > share) return share;
    room -= length;
  }
  return Number.POSITIVE_INFINITY;
}

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} characters more)`;
