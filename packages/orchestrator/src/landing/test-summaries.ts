/** How runners sum up their tests in a line of their own. */
import type { TestCounts } from '@swarm/core/model/landing';

export type Part = Partial<TestCounts>;
export interface Summary {
  readonly line: RegExp;
  readonly read: (m: RegExpMatchArray) => Part;
}

const number = (text: string | undefined): number => Math.min(Number(text ?? 0), 10_000_000);
/** The figure before or after a word in a list such as `1 failed | 5 passed (6)`; several words are added. */
const figure = (text: string, ...words: readonly string[]): number =>
  words.reduce((sum, word) => sum + number(text.match(new RegExp(`(\\d+) ${word}\\b`))?.[1]), 0);
/** The figure after a word: `failures=3, skipped=1`, `Failures: 3`. */
const after = (text: string, ...words: readonly string[]): number =>
  words.reduce((sum, word) => sum + number(text.match(new RegExp(`\\b${word}(?:=|: +)(\\d+)`))?.[1]), 0);

/** A line of these is one runner's whole account, or one part of it that no other line repeats. */
export const SUMMARIES: readonly Summary[] = [
  // node:test, spec and TAP: https://nodejs.org/api/test.html
  { line: /^\s*(?:ℹ|#) pass (\d+)$/, read: (m) => ({ run: number(m[1]) }) },
  {
    line: /^\s*(?:ℹ|#) (?:fail|cancelled) (\d+)$/,
    read: (m) => ({ run: number(m[1]), failed: number(m[1]) }),
  },
  { line: /^\s*(?:ℹ|#) (?:skipped|todo) (\d+)$/, read: (m) => ({ skipped: number(m[1]) }) },
  // jest and vitest
  {
    line: /^\s*Tests:? +(\d+ (?:failed|passed|skipped|todo|pending|total).*)$/,
    read: (m) => ({
      run: figure(m[1]!, 'failed', 'passed'),
      failed: figure(m[1]!, 'failed'),
      skipped: figure(m[1]!, 'skipped', 'todo', 'pending'),
    }),
  },
  // pytest, with and without -q
  {
    line: /^(?:=+ )?((?:\d+ \w+(?: \w+)?(?:, )?)+) in \d[\d.]*s/,
    read: (m) => ({
      run: figure(m[1]!, 'passed', 'failed', 'errors?'),
      failed: figure(m[1]!, 'failed', 'errors?'),
      skipped: figure(m[1]!, 'skipped', 'deselected', 'xfailed', 'xpassed'),
    }),
  },
  { line: /^(?:=+ )?no tests ran in \d/, read: () => ({ run: 0 }) },
  // cargo test
  {
    line: /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored; \d+ measured; (\d+) filtered out/,
    read: (m) => ({
      run: number(m[1]) + number(m[2]),
      failed: number(m[2]),
      skipped: number(m[3]) + number(m[4]),
    }),
  },
  // go test -v, subtests too
  { line: /^=== RUN {3}/, read: () => ({ run: 1 }) },
  { line: /^\s*--- FAIL: /, read: () => ({ failed: 1 }) },
  { line: /^\s*--- SKIP: /, read: () => ({ run: -1, skipped: 1 }) },
  { line: /^\{.*"Action":"pass".*"Test":/, read: () => ({ run: 1 }) },
  { line: /^\{.*"Action":"fail".*"Test":/, read: () => ({ run: 1, failed: 1 }) },
  { line: /^\{.*"Action":"skip".*"Test":/, read: () => ({ skipped: 1 }) },
  // mocha, and bun without the -ing
  { line: /^\s+(\d+) pass(?:ing)?(?: \(.{1,20}\))?$/, read: (m) => ({ run: number(m[1]) }) },
  { line: /^\s+(\d+) fail(?:ing)?$/, read: (m) => ({ run: number(m[1]), failed: number(m[1]) }) },
  { line: /^\s+(\d+) (?:pending|skip|todo)$/, read: (m) => ({ skipped: number(m[1]) }) },
  // ava
  { line: /^ {2}(\d+) tests? passed$/, read: (m) => ({ run: number(m[1]) }) },
  { line: /^ {2}(\d+) tests? failed$/, read: (m) => ({ run: number(m[1]), failed: number(m[1]) }) },
  { line: /^ {2}(\d+) tests? (?:skipped|todo)$/, read: (m) => ({ skipped: number(m[1]) }) },
  // playwright
  { line: /^ {2}(\d+) passed \([\d.]+m?s\)$/, read: (m) => ({ run: number(m[1]) }) },
  { line: /^ {2}(\d+) failed$/, read: (m) => ({ run: number(m[1]), failed: number(m[1]) }) },
  { line: /^ {2}(\d+) (?:skipped|did not run)$/, read: (m) => ({ skipped: number(m[1]) }) },
  // jasmine
  {
    line: /^(\d+) specs?, (\d+) failures?(?:, (\d+) pending specs?)?$/,
    read: (m) => ({ run: number(m[1]) - number(m[3]), failed: number(m[2]), skipped: number(m[3]) }),
  },
  // tap, node-tap: assertions
  {
    line: /^# \{ total: (\d+), (.{1,100}) \}$/,
    read: (m) => ({
      run: number(m[1]) - after(m[2]!, 'skip', 'todo'),
      failed: after(m[2]!, 'fail'),
      skipped: after(m[2]!, 'skip', 'todo'),
    }),
  },
  // deno
  {
    line: /^(?:ok|FAILED) \| (\d+ passed.{1,200})$/,
    read: (m) => ({
      run: figure(m[1]!, 'passed', 'failed'),
      failed: figure(m[1]!, 'failed'),
      skipped: figure(m[1]!, 'ignored', 'filtered out'),
    }),
  },
  // unittest: one line for how many, one for what came of them
  { line: /^Ran (\d+) tests? in [\d.]+s$/, read: (m) => ({ run: number(m[1]) }) },
  {
    line: /^(?:OK|FAILED) \(((?:[a-z ]+=\d+(?:, )?)+)\)$/,
    read: (m) => ({
      run: -after(m[1]!, 'skipped', 'expected failures'),
      failed: after(m[1]!, 'failures', 'errors', 'unexpected successes'),
      skipped: after(m[1]!, 'skipped', 'expected failures'),
    }),
  },
  // rspec, and ExUnit
  {
    line: /^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?/,
    read: (m) => ({ run: number(m[1]) - number(m[3]), failed: number(m[2]), skipped: number(m[3]) }),
  },
  {
    line: /^((?:\d+ (?:doctests?|properties|property|tests?), )+)(\d+) failures?(.{0,200})$/,
    read: (m) => {
      const all = figure(m[1]!, 'doctests?', 'propert(?:y|ies)', 'tests?');
      const skipped = figure(m[3]!, 'skipped', 'excluded');
      return { run: all - skipped, failed: number(m[2]), skipped };
    },
  },
  // minitest
  {
    line: /^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips/,
    read: (m) => ({
      run: number(m[1]) - number(m[4]),
      failed: number(m[2]) + number(m[3]),
      skipped: number(m[4]),
    }),
  },
  // phpunit
  {
    line: /^Tests: (\d+), Assertions: \d+(.{0,300})\.$/,
    read: (m) => {
      const skipped = after(m[2]!, 'Skipped', 'Incomplete');
      return { run: number(m[1]) - skipped, failed: after(m[2]!, 'Failures', 'Errors'), skipped };
    },
  },
  { line: /^OK \((\d+) tests?, \d+ assertions?\)$/, read: (m) => ({ run: number(m[1]) }) },
  // Surefire, its sums: the lines of single classes have a time
  {
    line: /^(?:\[\w+\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)(?:, Flakes: \d+)?$/,
    read: (m) => ({
      run: number(m[1]) - number(m[4]),
      failed: number(m[2]) + number(m[3]),
      skipped: number(m[4]),
    }),
  },
  // gradle, which counts only where something failed
  {
    line: /^(\d+) tests? completed, (\d+) failed(?:, (\d+) skipped)?$/,
    read: (m) => ({ run: number(m[1]) - number(m[3]), failed: number(m[2]), skipped: number(m[3]) }),
  },
  // dotnet
  {
    line: /^(?:Failed|Passed)! +- Failed: +(\d+), Passed: +(\d+), Skipped: +(\d+), Total: +\d+/,
    read: (m) => ({ run: number(m[1]) + number(m[2]), failed: number(m[1]), skipped: number(m[3]) }),
  },
  // gtest, and ctest, where `Not Run` is a failure
  { line: /^\[={10}\] (\d+) tests? from .* ran\./, read: (m) => ({ run: number(m[1]) }) },
  { line: /^\[ {2}FAILED {2}\] (\d+) tests?, listed below:$/, read: (m) => ({ failed: number(m[1]) }) },
  {
    line: /^\[ {2}SKIPPED \] (\d+) tests?, listed below:$/,
    read: (m) => ({ run: -number(m[1]), skipped: number(m[1]) }),
  },
  {
    line: /^\d+% tests passed, (\d+) tests? failed out of (\d+)$/,
    read: (m) => ({ run: number(m[2]), failed: number(m[1]) }),
  },
  // nextest
  {
    line: /^ *Summary \[ *[\d.]+s\] (\d+)(?:\/\d+)? tests? run: (.{1,300})$/,
    read: (m) => ({
      run: number(m[1]),
      failed: figure(m[2]!, 'failed', 'timed out', 'exec failed'),
      skipped: figure(m[2]!, 'skipped'),
    }),
  },
  // XCTest
  { line: /^Test Case '.{1,500}' passed \([\d.]+ seconds\)\.?$/, read: () => ({ run: 1 }) },
  { line: /^Test Case '.{1,500}' failed \([\d.]+ seconds\)\.?$/, read: () => ({ run: 1, failed: 1 }) },
  { line: /^Test Case '.{1,500}' skipped \([\d.]+ seconds\)\.?$/, read: () => ({ skipped: 1 }) },
  // Swift Testing
  { line: /^. Test (?!run with |case )\S.{0,500} passed after [\d.]+ seconds\.$/u, read: () => ({ run: 1 }) },
  {
    line: /^. Test (?!run with |case )\S.{0,500} failed after [\d.]+ seconds with \d+ issues?\.$/u,
    read: () => ({ run: 1, failed: 1 }),
  },
];
