/** Laws of what is said to hold: of a task that is known, with something that was looked at, and each thing once. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import {
  type AcceptanceVerdict,
  CRITERIA_MAX,
  CRITERION_TEXT_MAX,
  type Judgement,
} from '../model/acceptance.ts';
import { criterionKey } from '../rules/acceptance.ts';
import { hasCriteria } from '../rules/criteria.ts';
import type { OpenedState } from '../state.ts';

type JudgeAcceptance = Extract<Command, { type: 'judgeAcceptance' }>;

export function judgeAcceptance(
  s: OpenedState,
  { task, criterion: said, verdict, evidence }: JudgeAcceptance,
): readonly Event[] | Refusal {
  const criterion = said.trim();
  if (task !== undefined && !s.tasks.has(task)) return refuse('unknown-task', `there is no ${task}`);
  if (criterion === '' || criterion.length > CRITERION_TEXT_MAX)
    return refuse('out-of-range', `a criterion has 1 to ${CRITERION_TEXT_MAX} characters`);
  const known = s.acceptance.get(criterionKey(task, criterion));
  if (!known && s.acceptance.size >= CRITERIA_MAX)
    return refuse('out-of-range', `${CRITERIA_MAX} criteria are kept already, the most there may be`);
  if (NEEDS_EVIDENCE[verdict] && (evidence === undefined || evidence.by.trim() === ''))
    return refuse('illegal-move', `nothing is said to have been looked at: that is no ${verdict}`);
  const isShown = verdict === 'verified' && evidence?.kind === 'command' && hasCriteria(s);
  if (isShown && s.triedCriteria.get(criterionKey(task, criterion))?.end !== 'fails')
    return refuse('illegal-move', 'its check was not seen to fail on the base: it shows nothing');
  const judged: Judgement = { criterion, verdict, ...(evidence && { evidence }) };
  const isNews = !known || !isSame(known, judged);
  return isNews ? [{ type: 'acceptance.judged', ...(task && { task }), ...judged }] : [];
}

/** That nobody could tell needs nothing that tells. */
const NEEDS_EVIDENCE: Readonly<Record<AcceptanceVerdict, boolean>> = {
  verified: true,
  failed: true,
  unverified: false,
  'tells-nothing': true,
};

type RecordCriteria = Extract<Command, { type: 'recordCriteria' }>;

/** What was tried on another commit than the base says nothing of what there was before. */
export function recordCriteria(s: OpenedState, c: RecordCriteria): readonly Event[] | Refusal {
  if (c.commit !== s.run.request.base)
    return refuse('illegal-move', `${c.commit} is not the base of the run`);
  const unknown = c.results.find(({ task }) => task !== undefined && !s.tasks.has(task));
  if (unknown) return refuse('unknown-task', `there is no ${unknown.task}`);
  const news = c.results.filter(({ task, criterion }) => !s.triedCriteria.has(criterionKey(task, criterion)));
  const room = Math.max(0, CRITERIA_MAX - s.triedCriteria.size);
  const results = news.slice(0, room);
  return results.length === 0 ? [] : [{ type: 'criteria.tried', commit: c.commit, results }];
}

const isSame = (a: Judgement, b: Judgement): boolean =>
  a.verdict === b.verdict && JSON.stringify(a.evidence) === JSON.stringify(b.evidence);
