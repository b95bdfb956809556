/**
 * What the planner is told: sections of plain text, each with the question whether it changed since it was last
 * sent. A follow-up carries only those that did, over a conversation whose beginning stays the same.
 */
import type { Attempt } from '@swarm/core/model/attempt';
import { type AttemptId, attemptId, type TaskId } from '@swarm/core/model/ids';
import { REJECTIONS } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import { remaining } from '@swarm/core/rules/budget';
import { owed } from '@swarm/core/rules/outcome';
import type { News, OpenedState, State } from '@swarm/core/state';
import { durationText } from '@swarm/core/views/words';
import { type BlockName, block } from '../prompting/blocks.ts';
import { claimLines } from '../prompting/earlier.ts';
import { plannerLaws } from '../prompting/facts.ts';

export interface Section {
  readonly name: BlockName;
  readonly text: string;
}

/** What the repository says of itself, as it was when the conversation began: what changed since is in the news. */
export interface Overview {
  readonly environment: string;
  readonly instructions: string;
  readonly repository: string;
}

/** Lines of one section; the rest is counted, not listed. */
const LINES_MAX = 200;

/** What changes least comes first, so that a provider can keep the beginning. */
export function planSections(state: OpenedState, overview: Overview): readonly Section[] {
  return all(state, overview).filter((s) => s.text.trim() !== '');
}

const all = (state: OpenedState, overview: Overview): readonly Section[] => [
  { name: 'environment', text: overview.environment },
  { name: 'project_instructions', text: overview.instructions },
  { name: 'laws', text: plannerLaws(state) },
  { name: 'repository', text: overview.repository },
  { name: 'amendments', text: state.amendments.join('\n') },
  { name: 'scratchpad', text: state.planning.scratchpad },
  {
    name: 'news',
    text: capped(state.planning.news.flatMap((n) => newsLines(state, n))),
  },
  { name: 'open_tasks', text: capped(openTasks(state).map(taskLine)) },
  {
    name: 'landed',
    text: capped([...state.byState.landed].map((id) => taskLine(state.tasks.get(id)!))),
  },
  {
    name: 'owed',
    text: capped(owed(state).map((id) => owedLine(state, id))),
  },
  { name: 'ended', text: capped(endedTasks(state).map(taskLine)) },
  { name: 'findings', text: capped([...state.health.findings.keys()]) },
  { name: 'limits', text: limitsText(state) },
];

/** What a section says that had something to say before, and has nothing now. */
const NOTHING_LEFT = '(nothing any more)';

/** Those whose text is not what `sent` has under the same name; what is gone is said to be gone, once. */
export function changedSections(
  sections: readonly Section[],
  sent: ReadonlyMap<string, string>,
): readonly Section[] {
  const present = new Set(sections.map((s) => s.name));
  const gone = ([...sent.keys()] as BlockName[]).filter((name) => !present.has(name));
  return [
    ...sections.filter((s) => sent.get(s.name) !== s.text),
    ...gone.map((name) => ({ name, text: NOTHING_LEFT })),
  ];
}

export const renderSections = (sections: readonly Section[]): string =>
  sections.map((s) => block(s.name, s.text)).join('\n\n');

function openTasks(state: State): Task[] {
  const { running, assigned, complete, pending } = state.byState;
  return [...running, ...assigned, ...complete, ...pending].map((id) => state.tasks.get(id)!);
}

function endedTasks(state: State): Task[] {
  const { failed, cancelled, answered, unneeded } = state.byState;
  return [...failed, ...cancelled, ...answered, ...unneeded].map((id) => state.tasks.get(id)!);
}

function taskLine(t: Task): string {
  const label = 'label' in t.source ? ` (your id ${t.source.label})` : '';
  const why = t.state === 'failed' ? `: ${t.failure}: ${oneLine(t.detail)}` : '';
  return `- ${t.id}${label} ${t.state}: ${t.spec.title}${t.spec.scope.length > 0 ? ` [${t.spec.scope.join(', ')}]` : ''}${why}`;
}

function owedLine(state: State, id: TaskId): string {
  const task = state.tasks.get(id)!;
  const label = 'label' in task.source ? task.source.label : id;
  const said = task.state === 'landed' && task.handoff ? oneLine(task.handoff.summary, 1_000) : '';
  return `- ${id}: file a task with "parent": ${JSON.stringify(label)} for what is missing: ${said}`;
}

function newsLines(state: State, n: News): string[] {
  switch (n.kind) {
    case 'handoff':
      return handoffLines(state, state.attempts.get(n.attempt)!);
    case 'failed':
      return failedLines(state, state.tasks.get(n.task)!);
    case 'rejected':
      return rejectedLines(state, n.attempt);
    case 'landed':
    case 'cancelled':
      return [`- ${n.task} ${n.kind}: ${state.tasks.get(n.task)!.spec.title}`];
    case 'finding':
      return [
        `- the checks fail: ${n.signature}`,
        ...indent(state.health.findings.get(n.signature)?.finding.detail ?? ''),
      ];
    case 'refused':
      return [`- your task ${n.label} was refused: ${n.problem}`];
    case 'amended':
      return [`- the request was amended: ${n.text}`];
  }
}

/** Why a task failed for good, and what its last attempt found out. */
function failedLines(state: State, t: Task): string[] {
  const head = `- ${t.id} failed: ${t.spec.title}`;
  if (t.state !== 'failed') return [head];
  const last = state.attempts.get(attemptId(t.id, t.attempts));
  const said = last?.state === 'ended' ? claimLines(last.claim ?? last.handoff) : [];
  // A dependency that failed says so itself.
  const learnt = t.failure === 'dependency' ? [] : said;
  return [
    head,
    `  why (${t.failure}): ${oneLine(t.detail, 1_000)}`,
    ...learnt.map((l) => `  ${oneLine(l, 1_000)}`),
  ];
}

function rejectedLines(state: State, id: AttemptId): string[] {
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

function handoffLines(state: State, a: Attempt): string[] {
  if (a.state !== 'ended' || !a.handoff) return [];
  const h = a.handoff;
  const size = h.change
    ? ` (${h.change.filesChanged.length} files, +${h.change.linesAdded} −${h.change.linesRemoved})`
    : '';
  return [
    `- handoff of ${a.id}, ${h.status}${size}: ${oneLine(h.summary, 1_000)}`,
    ...h.concerns.map((c) => `  concern: ${oneLine(c)}`),
    ...h.suggestions.map((c) => `  suggestion: ${oneLine(c)}`),
    ...(state.tasks.get(a.task)?.verifiesBase ? [`  ${TELLS_NOTHING}`] : []),
  ];
}

function limitsText(state: OpenedState): string {
  const { limits } = state.run.request;
  const left = remaining(state.spending, limits);
  const lines = [
    `workers: ${state.workers}`,
    `tasks accepted: ${state.tasks.size} of at most ${limits.tasks}`,
    `attempts of one task: at most ${limits.attempts}`,
  ];
  if (limits.timeMs !== undefined) lines.push(`time: ${timeLeft(limits.timeMs, state.activeMs)} left`);
  // Rounded, so that the section does not change with every call.
  if (limits.tokens !== undefined)
    lines.push(`tokens: about ${Math.round((100 * left.tokens) / limits.tokens)} % left`);
  if (limits.usd !== undefined)
    lines.push(`money: about ${Math.round((100 * left.usd) / limits.usd)} % left`);
  return lines.join('\n');
}

/** In steps of a tenth, so that the section does not change with every entry. */
const timeLeft = (wholeMs: number, usedMs: number): string =>
  `about ${Math.max(0, 10 * Math.round((10 * (wholeMs - usedMs)) / wholeMs))} % of ${durationText(wholeMs)}`;

const oneLine = (text: string, max = 300): string => text.replace(/\s+/g, ' ').trim().slice(0, max);
const indent = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, 10)
    .map((l) => `    ${l}`);

function capped(lines: readonly string[]): string {
  if (lines.length <= LINES_MAX) return lines.join('\n');
  return [`(${lines.length - LINES_MAX} earlier lines left out)`, ...lines.slice(-LINES_MAX)].join('\n');
}
