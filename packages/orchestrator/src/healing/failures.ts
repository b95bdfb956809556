/**
 * Failures read out of a command's output, each with a signature that stays the same from run to run: what
 * failed and where, without times, addresses, temporary paths or colours. Two runs of the same failure give
 * the same signature; two different failures give two.
 */
export interface Failure {
  readonly signature: string;
  /** The exact lines that show it, capped. */
  readonly detail: string;
}

/** The most failures read from one output. */
export const FAILURES_MAX = 50;
const DETAIL_MAX = 1_500;
const SIGNATURE_MAX = 300;

interface Reader {
  readonly tool: string;
  /** Matches one line; the groups make the signature. */
  readonly line: RegExp;
  readonly signature: (m: RegExpMatchArray) => string;
}

/** In order of how exactly they place a failure. Every pattern is anchored and free of nested repetition. */
const READERS: readonly Reader[] = [
  {
    tool: 'tsc',
    line: /^(\S+?)[(:](\d+)[,:](\d+)\)?(?: -|:) error (TS\d+): (.{1,400})/,
    signature: (m) => `${m[1]} ${m[4]} ${m[5]}`,
  },
  { tool: 'node:test', line: /^not ok \d+ - (.{1,300})/, signature: (m) => m[1]! },
  { tool: 'node:test', line: /^\s*✖ (.{1,300}?)(?: \(\d[\d.]*m?s\))?$/, signature: (m) => m[1]! },
  { tool: 'pytest', line: /^FAILED (\S+?)(?: - (.{1,300}))?$/, signature: (m) => `${m[1]}` },
  { tool: 'pytest', line: /^ERROR (\S+?)(?: - (.{1,300}))?$/, signature: (m) => `${m[1]}` },
  { tool: 'go', line: /^--- FAIL: (\S+)/, signature: (m) => m[1]! },
  { tool: 'go', line: /^(\S+\.go):(\d+):\d+: (.{1,300})/, signature: (m) => `${m[1]} ${m[3]}` },
  { tool: 'cargo', line: /^test (\S+) \.\.\. FAILED/, signature: (m) => m[1]! },
  { tool: 'cargo', line: /^error(\[E\d+\])?: (.{1,300})/, signature: (m) => `${m[1] ?? ''} ${m[2]}` },
  { tool: 'jest', line: /^\s*● (.{1,300})/, signature: (m) => m[1]! },
  { tool: 'vitest', line: /^ FAIL {2}(.{1,300})/, signature: (m) => m[1]! },
];

/** At least one failure: an output nobody can read still fails, under its last telling line. */
export function readFailures(output: string): readonly Failure[] {
  const lines = output.split('\n').map(clean);
  const found = new Map<string, Failure>();
  for (let i = 0; i < lines.length && found.size < FAILURES_MAX; i++) {
    const failure = readLine(lines, i);
    if (failure && !found.has(failure.signature)) found.set(failure.signature, failure);
  }
  return found.size > 0 ? withoutHeadings([...found.values()]) : [generic(lines)];
}

function readLine(lines: readonly string[], at: number): Failure | undefined {
  const line = lines[at]!;
  for (const reader of READERS) {
    const match = line.match(reader.line);
    if (match) return failureOf(reader.tool, reader.signature(match), lines.slice(at, at + 15));
  }
  return undefined;
}

/** Runners repeat a failing file, or the heading of their list, as a failure of its own: it says nothing more. */
function withoutHeadings(failures: readonly Failure[]): readonly Failure[] {
  const telling = failures.filter(
    (f) => !/^node:test (failing tests:|\S+\.(test\.)?[cm]?[jt]sx?)$/.test(f.signature),
  );
  return telling.length > 0 ? telling : failures;
}

const TELLING = /error|fail|exception|panic|assert|cannot|not found|undefined/i;

function generic(lines: readonly string[]): Failure {
  const said = lines.filter((l) => l.trim() !== '');
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

// Colours, and what a terminal would act upon.
const ESCAPES = /\u001b\[[0-9;?]*[a-zA-Z]|[\u0000-\u0008\u000b-\u001f]/g;

function clean(line: string): string {
  return line.slice(0, 2_000).replace(ESCAPES, '');
}
