/** What a changed plan would change, in words, for whoever says yes or no to it. */
import { tokensOf } from '@swarm/core/model/usage';
import type { Forecast, Range } from '@swarm/core/rules/forecast';
import { isEmptyDiff, type PlanDiff } from '@swarm/core/views/plan-diff';
import { cutToWidth } from '@swarm/core/views/width';
import { costText, countText, durationText, groupText } from '@swarm/core/views/words';
import type { Proposed } from '../control/wire.ts';

/** What is left to be done, as it is planned now and as it would be. */
export interface Foresight {
  readonly before: Forecast;
  readonly after: Forecast;
}

/** Lines of one kind; a plan of a thousand tasks is read as JSON. */
const LINES_MAX = 40;
const KEPT_NAMED = 12;

export function proposedText(
  { diff, usage }: Proposed,
  foreseen: Foresight,
  columns: number | undefined,
): string {
  // What others wrote was made plain where the change was worked out.
  const fits = (line: string): string => cutToWidth(line, (columns ?? Number.POSITIVE_INFINITY) - 2);
  const price = usage.calls > 0 ? `, ${costText(usage.costUsd, usage.priced)}` : '';
  return [
    isEmptyDiff(diff) ? 'nothing in the plan would change:' : 'what would change:',
    ...diffLines(diff).map((line) => `  ${fits(line)}`),
    ...leftLines(foreseen),
    `asking the planner took ${countText(tokensOf(usage), 'token')}${price}`,
  ].join('\n');
}

function diffLines({ added, rescoped, cancelled, failed, refused, kept }: PlanDiff): readonly string[] {
  const named = kept.slice(0, KEPT_NAMED).join(', ');
  const more = kept.length > KEPT_NAMED ? ' …' : '';
  return [
    ...some(
      added.map(({ task, title, after, scope }) =>
        row('new', `${task}  ${title}`, after.length > 0 && `after ${after.join(', ')}`, scope.join(' ')),
      ),
    ),
    ...some(rescoped.map(({ task, title, what }) => row('changed', `${task}  ${title}`, what.join('; ')))),
    ...some(cancelled.map(({ task, title, state }) => row('cancelled', `${task}  ${title}`, state))),
    ...some(failed.map(({ task, title, why }) => row('fails', `${task}  ${title}`, why))),
    ...some(refused.map(({ label, problem }) => row('refused', label, problem))),
    row('kept', kept.length === 0 ? 'nothing' : `${countText(kept.length, 'task')}: ${named}${more}`),
  ];
}

const row = (kind: string, ...parts: readonly (string | false)[]): string =>
  [kind.padEnd(9), ...parts.filter((part) => part !== false && part !== '')].join('  ');

const some = (lines: readonly string[]): readonly string[] =>
  lines.length <= LINES_MAX
    ? lines
    : [...lines.slice(0, LINES_MAX), `and ${lines.length - LINES_MAX} more: --json`];

function leftLines({ before, after }: Foresight): readonly string[] {
  const tokens = (n: number): string => groupText(roundTo2(n));
  const money = (n: number): string => `$${n.toFixed(n < 1 ? 4 : 2)}`;
  return [
    `left to do: ${countText(before.tasks, 'task')} as it is planned, ${countText(after.tasks, 'task')} with the change`,
    `  tokens  ${fromTo(before.tokens, after.tokens, tokens)}`,
    ...(before.usd && after.usd ? [`  cost    ${fromTo(before.usd, after.usd, money)}`] : []),
    `  time    ${fromTo(before.wallMs, after.wallMs, durationText)}`,
    ...(after.from.runs === 0
      ? ['  from one published run of another system: none is recorded here yet']
      : []),
  ];
}

const fromTo = (before: Range, after: Range, text: (n: number) => string): string =>
  `${text(before.low)} to ${text(before.high)} → ${text(after.low)} to ${text(after.high)}`;

/** Two figures that count: more would promise what nobody knows. */
function roundTo2(n: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return Math.round(n / step) * step;
}
