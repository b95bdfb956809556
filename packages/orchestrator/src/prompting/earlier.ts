/** What earlier attempts at a task came to, so that the next one does not find it out again. */
import { type Attempt, ENDINGS } from '@swarm/core/model/attempt';
import type { HandoffClaim } from '@swarm/core/model/handoff';
import { attemptId } from '@swarm/core/model/ids';
import { REJECTIONS } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import { learntFrom } from '@swarm/core/rules/contest';
import type { State } from '@swarm/core/state';
import { headOf } from './blocks.ts';

/** Characters of what is told of one attempt; the last one's reason is told whole. */
const EACH_MAX = 1_000;
/** Attempts told one by one; of more, the latest. */
const ATTEMPTS_MAX = 10;

/** Oldest first. Empty at a first attempt. */
export function earlierAttempts(state: State, task: Task): string {
  const ended = endedAttempts(state, task);
  const told = ended.slice(-ATTEMPTS_MAX).map((attempt) => attemptText(task, attempt));
  const more = ended.length > told.length ? [`(${ended.length - told.length} before them are left out)`] : [];
  return [...more, ...told].join('\n\n');
}

const OTHERS =
  'Others tried this same task, each in a workspace of its own that you do not have. What they came to:';

/** Of several that try a task: what the others came to, in rounds that are over. Empty of any other. */
export function othersTried(state: State, task: Task): string {
  const others = learntFrom(state, task).flatMap((id) => {
    const attempt = state.attempts.get(id);
    return attempt?.state === 'ended' ? [attemptText(task, attempt)] : [];
  });
  return others.length === 0 ? '' : [OTHERS, ...others].join('\n\n');
}

type Ended = Extract<Attempt, { readonly state: 'ended' }>;

function endedAttempts(state: State, task: Task): readonly Ended[] {
  const ended: Ended[] = [];
  for (let n = 1; n <= task.attempts; n++) {
    const attempt = state.attempts.get(attemptId(task.id, n));
    if (attempt?.state === 'ended') ended.push(attempt);
  }
  return ended;
}

function attemptText({ setback }: Task, attempt: Ended): string {
  const { rejected } = attempt;
  const isLast = setback?.attempt === attempt.id;
  const means = rejected ? REJECTIONS[rejected.reason].means : ENDINGS[attempt.ending].means;
  const files = rejected && rejected.files.length > 0 ? ` (${rejected.files.slice(0, 20).join(', ')})` : '';
  const detail = rejected?.detail ?? attempt.detail;
  return [
    `Attempt ${attempt.id} ${means}${files}.`,
    isLast ? setback.detail : headOf(detail, EACH_MAX),
    ...claimLines(attempt.claim ?? attempt.handoff),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** What its agent said of it, whatever became of it. */
export const claimLines = (said: HandoffClaim | undefined): readonly string[] => [
  ...summaryLines(said),
  ...remarkLines(said),
];

export const summaryLines = (said: HandoffClaim | undefined): readonly string[] =>
  said && said.summary !== '' ? [`It said (${said.status}): ${headOf(said.summary, EACH_MAX)}`] : [];

export const remarkLines = (said: HandoffClaim | undefined): readonly string[] => [
  ...(said?.concerns ?? []).map((text) => `concern: ${headOf(text, EACH_MAX)}`),
  ...(said?.suggestions ?? []).map((text) => `suggestion: ${headOf(text, EACH_MAX)}`),
];
