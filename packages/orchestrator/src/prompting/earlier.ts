/** What earlier attempts at a task came to, so that the next one does not find it out again. */
import { type Attempt, ENDINGS } from '@swarm/core/model/attempt';
import { attemptId } from '@swarm/core/model/ids';
import { REJECTIONS } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
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

type Ended = Extract<Attempt, { readonly state: 'ended' }>;

function endedAttempts(state: State, task: Task): readonly Ended[] {
  const ended: Ended[] = [];
  for (let n = 1; n <= task.attempts; n++) {
    const attempt = state.attempts.get(attemptId(task.id, n));
    if (attempt?.state === 'ended') ended.push(attempt);
  }
  return ended;
}

function attemptText(task: Task, attempt: Ended): string {
  const { setback } = task;
  const isLast = setback?.attempt === attempt.id;
  const rejection = isLast && setback.reason in REJECTIONS ? setback : undefined;
  const means = rejection
    ? REJECTIONS[rejection.reason as keyof typeof REJECTIONS].means
    : ENDINGS[attempt.ending].means;
  const detail = isLast ? setback.detail : headOf(attempt.detail, EACH_MAX);
  const said = attempt.handoff;
  return [
    `Attempt ${attempt.id} ${means}.`,
    detail,
    said?.summary && `It said: ${headOf(said.summary, EACH_MAX)}`,
    ...(said?.concerns ?? []).map((text) => `concern: ${text}`),
    ...(said?.suggestions ?? []).map((text) => `suggestion: ${text}`),
  ]
    .filter((line) => line !== undefined && line !== '')
    .join('\n');
}
