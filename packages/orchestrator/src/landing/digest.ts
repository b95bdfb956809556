/** What a failed command said, in the order in which a reader needs it. */
import { lines } from '@swarm/core/views/words';
import { type Failure, readFailures, type Told } from '../healing/failures.ts';
import type { Doubt } from '../healing/readers/reader.ts';
import { DETAIL_MAX } from '../settings.ts';

/** Failures named one by one, and those shown in their own words. */
const NAMED_MAX = 20;
const SHOWN_MAX = 3;
/** At least this much of the end is kept, in characters: what nobody reads by name is there. */
const END_MIN = 1_500;

const DOUBTS: Readonly<Record<Doubt, string>> = {
  stopped:
    'it may have ended with a failure before all of it ran (a command that goes on would tell, such as `cargo test --no-fail-fast`)',
  unhandled: 'an error in it belongs to no test',
  unread: 'not every failure of it has a name of its own',
};

/**
 * Names first, those nobody knew before the others; then the first three in their own words; then the end of the
 * output, in whole lines. A mark that something was left out never stands first: the first line is told alone.
 * @param known failures that were there before.
 */
export function digest(
  told: Pick<Told, 'failures' | 'doubts'>,
  output: string,
  known: ReadonlySet<string> = new Set(),
): string {
  const news = told.failures.filter(({ signature }) => !known.has(signature));
  const failures = [...news, ...told.failures.filter(({ signature }) => known.has(signature))];
  // One line is all there is: nothing of it is left to tell.
  if (!isNamed(failures) && output.trim() === namesOf(failures)) return namesOf(failures);
  const names = lines(namesOf(failures), ...told.doubts.map((doubt) => `Not all is told: ${DOUBTS[doubt]}.`));
  const shown: string[] = [];
  let room = DETAIL_MAX - names.length - END_MIN;
  for (const { detail } of isNamed(failures) ? failures.slice(0, SHOWN_MAX) : []) {
    if (detail.length > room) break;
    shown.push(detail);
    room -= detail.length + 2;
  }
  const end = endOf(output, Math.max(END_MIN, room + END_MIN) - 30);
  return [names, ...shown, ...(end === '' ? [] : [`It ended with:\n${end}`])]
    .join('\n\n')
    .slice(0, DETAIL_MAX);
}

/** The same of an output that was not read as it came. */
export const toldFirst = (output: string): string =>
  digest({ failures: readFailures(output), doubts: [] }, output);

/** `output` is the reader of what no reader knows: its only failure is a line that tells something. */
const isNamed = ([first]: readonly Failure[]): boolean => first?.signature.startsWith('output ') !== true;

function namesOf(failures: readonly Failure[]): string {
  if (!isNamed(failures)) return failures[0]!.signature.slice('output '.length);
  const named = failures.slice(0, NAMED_MAX).map(({ signature }) => signature);
  const more = failures.length > NAMED_MAX ? ` and ${failures.length - NAMED_MAX} more` : '';
  return `${failures.length} ${failures.length === 1 ? 'failure' : 'failures'}: ${named.join('; ')}${more}`.slice(
    0,
    3_000,
  );
}

/** The last whole lines that fit. */
function endOf(text: string, max: number): string {
  const trimmed = text.trimEnd();
  if (trimmed.length <= max) return trimmed;
  const end = trimmed.slice(-max);
  return end.slice(end.indexOf('\n') + 1);
}
