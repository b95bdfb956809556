/** The run at a glance: where it stands, what has landed and how fast, what it costs, whether the target is green. */
import { runStanding } from '@swarm/core/views/status';
import { costText, durationText, groupText, shortCommit } from '@swarm/core/views/words';
import type { Facts } from '../facts.ts';
import { fit, foreign, type Line, lineWidth, type Span, span } from '../lines.ts';

export const HEADER_HEIGHT = 4;

export function header(facts: Facts, width: number): readonly Line[] {
  return [first(facts, width), request(facts), landed(facts), spent(facts)].map((one) => fit(one, width));
}

function first({ state, holder, pulse, trouble }: Facts, width: number): Line {
  const left: Line = [
    span(`${state.run?.id ?? ''} `, 'accent'),
    trouble
      ? foreign(`cannot be read any further: ${trouble.what}`, 'bad')
      : span(runStanding(state, holder)),
  ];
  const over =
    pulse.remainingMs === undefined || holder === undefined ? '' : `, ${leftText(pulse.remainingMs)}`;
  const right = [span(`${durationText(pulse.elapsedMs)}${over}`, 'dim')];
  const room = width - lineWidth(right) - 1;
  return [...fit(left, Math.max(0, room)), span(' '), ...right];
}

/** No finer than it is known. */
function leftText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 2
    ? 'about a minute left'
    : `about ${durationText(minutes * 60_000).replace(/ 0s$/, '')} left`;
}

const request = ({ state }: Facts): Line => [
  foreign(state.run?.request.text ?? '', 'plain', 200),
  span(' → ', 'dim'),
  foreign((state.run?.request.landOn ?? '').replace('refs/heads/', ''), 'dim', 120),
];

function landed({ pulse, state }: Facts): Line {
  const { landed, tasks, landedPerHour, working, queued, pending, failed, green } = pulse;
  return parts(
    span(`${groupText(landed)} of ${groupText(tasks)} landed`, landed > 0 ? 'good' : 'plain'),
    landedPerHour !== undefined && span(`${landedPerHour.toFixed(1)}/h`),
    working > 0 && span(`${groupText(working)} working`),
    queued > 0 && span(`${groupText(queued)} to land`),
    pending > 0 && span(`${groupText(pending)} waiting`),
    failed > 0 && span(`${groupText(failed)} failed`, 'bad'),
    targetText(green, state.head),
  );
}

function targetText(green: boolean | 'unknown', head: string | undefined): Span {
  const at = head === undefined ? '' : ` at ${shortCommit(head)}`;
  if (green === 'unknown') return span(`target not checked${at}`, 'dim');
  return green ? span(`target green${at}`, 'good') : span(`target RED${at}`, 'bad');
}

function spent({ pulse, shortfalls, state }: Facts): Line {
  const { tokens, usd, verdict } = pulse;
  const money = costText(usd.used, usd.isPriced);
  return parts(
    span(
      limited(`${groupText(tokens.used)}`, tokens.limit && groupText(tokens.limit), 'tokens'),
      toneOf(tokens),
    ),
    span(usd.limit === undefined ? money : `${money} of $${usd.limit.toFixed(2)}`, toneOf(usd)),
    ...verdictParts(verdict, shortfalls, state.closed !== undefined),
  );
}

function verdictParts(verdict: string, shortfalls: readonly string[], isClosed: boolean): readonly Span[] {
  const [first] = shortfalls;
  const why = first === undefined ? [] : [foreign(first, 'dim')];
  if (!isClosed) return [span('verdict: open'), ...why];
  return [span(`verdict: ${verdict}`, verdict === 'complete' ? 'good' : 'bad'), ...why];
}

const limited = (used: string, limit: string | 0 | undefined, unit: string): string =>
  limit === undefined || limit === 0 ? `${used} ${unit}` : `${used} of ${limit} ${unit}`;

/** As the alert has it: at 85 of 100. */
const toneOf = ({ used, limit }: { readonly used: number; readonly limit: number | undefined }) =>
  limit !== undefined && used >= 0.85 * limit ? ('warn' as const) : ('plain' as const);

const parts = (...some: readonly (Span | false)[]): Line =>
  some.filter((one) => one !== false).flatMap((one, i) => (i > 0 ? [span(' · ', 'dim'), one] : [one]));
