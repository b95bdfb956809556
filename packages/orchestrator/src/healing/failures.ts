/**
 * Failures read out of a command's output, each with a signature that stays the same from run to run: what
 * failed and where, without times, addresses, temporary paths or colours. Two runs of the same failure give
 * the same signature; two different failures give two.
 */
import { FailureScanner, type Raw } from './failure-scanner.ts';

export interface Failure {
  readonly signature: string;
  /** The exact lines that show it, capped. */
  readonly detail: string;
}

/** Every failure of one output, as far as it can be told. */
export interface Told {
  readonly signatures: readonly string[];
  /** Each failure has a name of its own and none is left out. */
  readonly isWhole: boolean;
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
  const found = failuresOf(scanner.found);
  return found.length > 0 ? withoutHeadings(found).slice(0, FAILURES_MAX) : [generic(lines)];
}

/**
 * All signatures of an output that was read as it came. Headings stay: a file that fails to load is one, and hiding
 * it behind a test that failed before would hide that its own tests never ran.
 */
export function toldBy(scanner: FailureScanner, output: string): Told {
  const found = failuresOf(scanner.found);
  if (found.length === 0) return { signatures: [generic(output.split('\n')).signature], isWhole: false };
  return { signatures: found.map((f) => f.signature), isWhole: !scanner.isCut };
}

/** Each once. A runner may name a failure as it happens, and again in its list at the end, with its file: the latter counts. */
function failuresOf(raws: readonly Raw[]): readonly Failure[] {
  const placed = new Set(raws.filter((r) => r.file !== undefined).map((r) => `${r.tool} ${r.what}`));
  const found = new Map<string, Failure>();
  for (const raw of raws) {
    if (raw.file === undefined && placed.has(`${raw.tool} ${raw.what}`)) continue;
    const failure = failureOf(raw.tool, whatOf(raw), raw.lines);
    if (!found.has(failure.signature)) found.set(failure.signature, failure);
  }
  return [...found.values()];
}

/** A file that fails as a whole is named once. */
const whatOf = ({ file, what }: Raw): string =>
  file === undefined || file === what ? what : `${file} ${what}`;

/** Runners repeat a failing file as a failure of its own: where a test of it is named, that says nothing more. */
function withoutHeadings(failures: readonly Failure[]): readonly Failure[] {
  const telling = failures.filter(
    (f) =>
      !/^(?:node:test|jest) \S+\.(test\.)?[cm]?[jt]sx?$/.test(f.signature) &&
      !/^go package /.test(f.signature),
  );
  return telling.length > 0 ? telling : failures;
}

const TELLING = /error|fail|exception|panic|assert|cannot|not found|undefined/i;
// Colours, and what a terminal would act upon.
const ESCAPES = /\u001b\[[0-9;?]*[a-zA-Z]|[\u0000-\u0008\u000b-\u001f]/g;

function generic(lines: readonly string[]): Failure {
  const said = lines.map((l) => l.slice(0, 2_000).replace(ESCAPES, '')).filter((l) => l.trim() !== '');
  const telling = said.findLast((l) => TELLING.test(l)) ?? said.at(-1) ?? 'no output';
  return failureOf('output', telling, said.slice(-15));
}

function failureOf(tool: string, what: string, lines: readonly string[]): Failure {
  return {
    signature: `${tool} ${stable(what)}`.slice(0, SIGNATURE_MAX).trim(),
    detail: lines.join('\n').slice(0, DETAIL_MAX).trimEnd(),
  };
}

/** Without what changes from run to run: durations, addresses, object names, temporary folders. */
function stable(text: string): string {
  return text
    .replace(/\b\d+(\.\d+)?\s?(ms|s|sec|seconds|MB|KB)\b/g, '·')
    .replace(/0x[0-9a-f]{4,}/gi, '·')
    .replace(/\b[0-9a-f]{12,64}\b/g, '·')
    .replace(/(\/tmp|\/var\/folders)\/[^\s:'")]+/g, '·')
    .replace(/\s+/g, ' ')
    .trim();
}
