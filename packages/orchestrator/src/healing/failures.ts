/**
 * Failures read out of a command's output, each with a signature that stays the same from run to run: what failed
 * and where, by source, file and full name, without line numbers, times, addresses or temporary paths. Two runs of
 * the same failure give the same signature; two different failures give two.
 */
import { FailureScanner, type Raw } from './failure-scanner.ts';
import type { Doubt } from './readers/reader.ts';
import { plainLine } from './sources.ts';

export interface Failure {
  readonly signature: string;
  /** The exact lines that show it, capped. */
  readonly detail: string;
}

/** Every failure of one output, as far as it can be told. */
export interface Told {
  readonly signatures: readonly string[];
  readonly failures: readonly Failure[];
  /**
   * Each failure has a name of its own, none is left out, and everything ran that was to run. What did not run is
   * not known to be no worse.
   */
  readonly isWhole: boolean;
  readonly doubts: readonly Doubt[];
}

/** The most failures read from one output. */
export const FAILURES_MAX = 50;
const DETAIL_MAX = 1_500;
const SIGNATURE_MAX = 300;

/** At least one failure: an output nobody can read still fails, under its last telling line. */
export function readFailures(output: string): readonly Failure[] {
  const scanner = new FailureScanner();
  const lines = output.split('\n');
  for (const line of lines) scanner.line(line);
  const { failures } = failuresOf(scanner.end().found);
  return failures.length > 0 ? failures.slice(0, FAILURES_MAX) : [generic(lines)];
}

/** All signatures of an output that was read as it came. */
export function toldBy(scanner: FailureScanner, output: string): Told {
  const { found, doubts } = scanner.end();
  const { failures, isStable } = failuresOf(found);
  const all = [...new Set([...doubts, ...(isStable && failures.length > 0 ? [] : (['unread'] as const))])];
  const told = failures.length > 0 ? failures : [generic(output.split('\n'))];
  return { signatures: told.map((f) => f.signature), failures: told, isWhole: all.length === 0, doubts: all };
}

/** Each once; messages alike in one file are numbered, for one more of them is one more failure. */
function failuresOf(raws: readonly Raw[]): {
  readonly failures: readonly Failure[];
  readonly isStable: boolean;
} {
  const failures = new Map<string, Failure>();
  const alike = new Map<string, number>();
  let isStable = true;
  for (const raw of raws) {
    const what = `${raw.source}${raw.file === undefined || raw.file === raw.name ? '' : `${raw.file} `}${raw.name}`;
    const named = raw.kind === 'message' ? stable(what) : withoutPlaces(what);
    // A name that holds an address is another in the next run.
    if (raw.kind !== 'message' && named !== what.replace(/\s+/g, ' ').trim()) isStable = false;
    const times = (alike.get(`${raw.tool} ${named}`) ?? 0) + 1;
    alike.set(`${raw.tool} ${named}`, times);
    const isNext = raw.kind === 'message' && times > 1;
    const failure = failureOf(raw.tool, isNext ? `${named} (${times})` : named, raw.lines);
    if (!failures.has(failure.signature)) failures.set(failure.signature, failure);
  }
  return { failures: [...failures.values()], isStable };
}

const TELLING = /error|fail|exception|panic|assert|cannot|not found|undefined/i;

function generic(lines: readonly string[]): Failure {
  const said = lines.map((line) => plainLine(line, '')).filter((line) => line.trim() !== '');
  const telling = said.findLast((line) => TELLING.test(line)) ?? said.at(-1) ?? 'no output';
  return failureOf('output', stable(telling), said.slice(-15));
}

function failureOf(tool: string, what: string, lines: readonly string[]): Failure {
  return {
    signature: shortened(`${tool} ${what}`.trim()),
    detail: lines.join('\n').slice(0, DETAIL_MAX).trimEnd(),
  };
}

/** Two long names that begin alike stay two. */
function shortened(text: string): string {
  if (text.length <= SIGNATURE_MAX) return text;
  let sum = 0n;
  for (const char of text)
    sum = ((sum ^ BigInt(char.codePointAt(0)!)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return `${text.slice(0, SIGNATURE_MAX - 20)}… ${sum.toString(16)}`;
}

function withoutPlaces(text: string): string {
  return text
    .replace(/\b0x[0-9a-f]{6,}/gi, '·')
    .replace(/(\/tmp|\/var\/folders)\/[^\s:'")]+/g, '·')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Without what changes from run to run: durations, addresses, object names, temporary folders. */
function stable(text: string): string {
  return withoutPlaces(
    text.replace(/\b\d+(\.\d+)?\s?(ms|s|sec|seconds|MB|KB)\b/g, '·').replace(/\b[0-9a-f]{12,64}\b/g, '·'),
  );
}
