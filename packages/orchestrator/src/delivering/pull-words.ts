/** What is said of a run's pull requests, one or many. */
import type { PullPlace } from '@swarm/core/ports/forge';
import type { OpenedState } from '@swarm/core/state';
import { countText } from '@swarm/core/views/words';
import type { PullDone } from './pull-request.ts';

export interface Proposed {
  readonly ref: string;
  readonly outcome: 'done' | 'refused';
  readonly detail: string;
  readonly url?: string;
}

/** Where a plan came without words, its name is a place on somebody's machine: its tasks say what was asked. */
export function askedIn({ run, tasks }: OpenedState): string {
  const { mode, text } = run.request;
  if (mode !== 'plan' || !text.startsWith('the plan in ')) return text;
  const [first, ...others] = [...tasks.values()].map(({ spec }) => spec.title);
  if (first === undefined) return 'a plan without tasks';
  return others.length === 0 ? first : `${first}, and ${countText(others.length, 'more task')}`;
}

export const branchOf = (ref: string): string => ref.replace(/^refs\/heads\//, '');

export function proposed({ forge }: PullPlace, { outcome, detail, url, number }: PullDone): Proposed {
  const ref = number === undefined ? forge.slug : `${forge.slug}#${number}`;
  return { ref, outcome, detail, ...(url !== undefined && { url }) };
}
