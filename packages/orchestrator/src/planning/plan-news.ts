/** What happened since the planner's last answer, one part for each. */
import type { Attempt } from '@swarm/core/model/attempt';
import { type AttemptId, attemptId, type TaskId } from '@swarm/core/model/ids';
import { REJECTIONS } from '@swarm/core/model/landing';
import type { News } from '@swarm/core/model/plan';
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';
import { loserLines, pickedText } from '@swarm/core/views/contest';
import { remarkLines, summaryLines } from '../prompting/earlier.ts';
import { oneLine } from './plan-lines.ts';
import type { Part } from './sections.ts';

/** Keys of news begin so. */
export const NEWS = 'news ';

/** @param n its place among the news. */
export function newsPart(state: State, news: News, n: number): Part {
  const [lines, remarks] = told(state, news);
  return { key: `${NEWS}${n}`, text: lines.join('\n'), remarks };
}

type Told = readonly [lines: readonly string[], remarks: readonly string[]];

function told(state: State, n: News): Told {
  switch (n.kind) {
    case 'handoff':
      return handoffLines(state, state.attempts.get(n.attempt)!);
    case 'failed':
      return failedLines(state, state.tasks.get(n.task)!);
    case 'rejected':
      return [rejectedLines(state, n.attempt), []];
    case 'landed':
    case 'cancelled':
      // What it is now stands in its list; what it was for a while is told here.
      return [state.tasks.get(n.task)!.state === n.kind ? [] : [`- ${n.task} was ${n.kind}`], []];
    case 'gathered':
      return gatheredLines(state, state.tasks.get(n.task)!);
    case 'finding':
      return [
        [
          `- the checks fail: ${n.signature}`,
          ...indent(state.health.findings.get(n.signature)?.finding.detail ?? ''),
        ],
        [],
      ];
    case 'refused':
      return [[`- your task ${n.label} was refused: ${n.problem}`], []];
    case 'clipped':
      return [
        [`- ${n.task} is tried by ${n.allowed}: you wanted ${n.asked}, and the operator allows no more`],
        [],
      ];
    case 'amended':
      return [[`- the request was amended: ${n.text}`], []];
  }
}

/** What came of a task that was split. */
function gatheredLines(state: State, t: Task): Told {
  if (t.state !== 'gathered') return [[], []];
  return [
    [
      `- ${t.id} is done by ${pickedText(state, t.id) === undefined ? 'its parts' : 'one of its contenders'} (${t.handoff.status}): ${oneLine(t.handoff.summary, 1_000)}`,
      ...contestLines(state, t.id),
    ],
    remarkLines(t.handoff).map((l) => `  ${oneLine(l)}`),
  ];
}

/** Which of several was taken, and what the others came to: what did not work, and how large it was. */
function contestLines(state: State, id: TaskId): readonly string[] {
  const picked = pickedText(state, id);
  if (picked === undefined) return [];
  return [picked, ...loserLines(state.plans.get(id)?.contest)].map((l) => `  ${oneLine(l, 500)}`);
}

/** Why a task failed for good, and what its last attempt found out. */
function failedLines(state: State, t: Task): Told {
  const head = `- ${t.id} failed: ${t.spec.title}`;
  if (t.state !== 'failed') return [[head], []];
  const last = state.attempts.get(attemptId(t.id, t.attempts));
  // A dependency that failed says so itself.
  const said =
    last?.state === 'ended' && t.failure !== 'dependency' ? (last.claim ?? last.handoff) : undefined;
  return [
    [
      head,
      `  why (${t.failure}): ${oneLine(t.detail, 1_000)}`,
      // Where its own words are the reason, they stand there already.
      ...(said && t.detail.includes(said.summary) ? [] : summaryLines(said)).map(
        (l) => `  ${oneLine(l, 1_000)}`,
      ),
    ],
    remarkLines(said).map((l) => `  ${oneLine(l, 1_000)}`),
  ];
}

function rejectedLines(state: State, id: AttemptId): readonly string[] {
  const attempt = state.attempts.get(id)!;
  const { title } = state.tasks.get(attempt.task)!.spec;
  const why = attempt.state === 'ended' ? attempt.rejected : undefined;
  if (!why) return [`- ${attempt.task} rejected: ${title}`];
  const files = why.files.length > 0 ? ` in ${why.files.slice(0, 20).join(', ')}` : '';
  return [
    `- ${id} rejected, ${REJECTIONS[why.reason].means}${files}: ${title}`,
    ...(why.detail === '' ? [] : [`  why: ${oneLine(why.detail, 1_000)}`]),
  ];
}

const TELLS_NOTHING =
  'its verify passed before any work: it tells nothing; give the next ones a check that fails without the work';

function handoffLines(state: State, a: Attempt): Told {
  if (a.state !== 'ended' || !a.handoff) return [[], []];
  const h = a.handoff;
  const size = h.change ? `, +${h.change.linesAdded} −${h.change.linesRemoved}` : '';
  return [
    [
      `- ${a.id} ${h.status}${size}: ${oneLine(h.summary, 1_000)}`,
      ...(state.tasks.get(a.task)?.verifiesBase ? [`  ${TELLS_NOTHING}`] : []),
    ],
    remarkLines(h).map((l) => `  ${oneLine(l)}`),
  ];
}

const indent = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, 10)
    .map((l) => `    ${l}`);
