/** How tools write a failure on one line. What takes several lines to say is read in failure-scanner.ts. */

export interface LineReader {
  readonly tool: string;
  /** Matches one line; the groups make the signature. Anchored, and free of nested repetition. */
  readonly line: RegExp;
  readonly signature: (m: RegExpMatchArray) => string;
}

/** In order of how exactly they place a failure. */
export const LINE_READERS: readonly LineReader[] = [
  {
    tool: 'tsc',
    line: /^(\S+?)[(:](\d+)[,:](\d+)\)?(?: -|:) error (TS\d+): (.{1,400})/,
    signature: (m) => `${m[1]} ${m[4]} ${m[5]}`,
  },
  // eslint --format unix, https://eslint.org/docs/latest/use/formatters: one message a line, warnings do not fail.
  {
    tool: 'eslint',
    line: /^(\S[^:]{0,300}):\d+:\d+: (.{1,300}) \[Error\/?(\S*)\]$/,
    signature: (m) => `${m[1]} ${m[3]} ${m[2]}`,
  },
  { tool: 'pytest', line: /^FAILED (\S+?)(?: - (.{1,300}))?$/, signature: (m) => m[1]! },
  { tool: 'pytest', line: /^ERROR (\S+?)(?: - (.{1,300}))?$/, signature: (m) => m[1]! },
  { tool: 'go', line: /^\s*--- FAIL: (\S+)/, signature: (m) => m[1]! },
  { tool: 'go', line: /^FAIL\t(\S+)/, signature: (m) => `package ${m[1]}` },
  { tool: 'go', line: /^(\S+\.go):(\d+):\d+: (.{1,300})/, signature: (m) => `${m[1]} ${m[3]}` },
  { tool: 'cargo', line: /^test (\S+) \.\.\. FAILED/, signature: (m) => m[1]! },
  { tool: 'cargo', line: /^error(\[E\d+\])?: (.{1,300})/, signature: (m) => `${m[1] ?? ''} ${m[2]}` },
  { tool: 'jest', line: /^\s*● (.{1,300})/, signature: (m) => m[1]! },
  { tool: 'vitest', line: /^ FAIL {2}(.{1,300})/, signature: (m) => m[1]! },
  { tool: 'jest', line: /^FAIL (\S+\.[cm]?[jt]sx?)(?: |$)/, signature: (m) => m[1]! },
];

/** Lines that look like a failure and only count or announce them. */
export const NO_FAILURE = /^\s*✖ (?:failing tests:|\d+ problems? \()/;
