/** Tests made fewer or vacuous: a gate that passes because it asks less says nothing. */
import type { TestCounts } from '../model/landing.ts';

/** One changed file before and after; undefined where there is none. */
export interface ChangedText {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const TEST_FOLDER = /(?:^|\/)(?:tests?|__tests__|specs?|e2e)\//i;
const TEST_FILE =
  /(?:[._-](?:test|tests|spec|cy)\.[a-z]+|(?:^|\/)test_[^/]*\.py|_test\.(?:py|go|rb|exs?|dart)|Tests?\.(?:java|kt|cs|php|swift|scala))$/;

/** By the names test runners look for. */
export const isTestPath = (path: string): boolean => TEST_FILE.test(path) || TEST_FOLDER.test(path);

/** Marks that take a test, or all others, out of the run, by the tools' own documentation. */
const MARKS: readonly (readonly [endings: RegExp, mark: RegExp])[] = [
  [
    /\.[cm]?[jt]sx?$/,
    /\b(?:it|test|describe|suite|context|specify)\.(?:skip|only|todo|skipIf|runIf|fails|failing)\b|\bx(?:it|test|describe|context|specify)\s*\(|\bf(?:it|describe)\s*\(|\b(?:skip|todo|only)\s*:\s*(?:true|['"`])|\b(?:t|this|ctx|context)\.(?:skip|todo)\s*\(/g,
  ],
  [
    /\.py$/,
    /@(?:pytest\.mark\.)?(?:skip|skipif|xfail)\b|@unittest\.(?:skip\w*|expectedFailure)|\bpytest\.(?:skip|xfail)\s*\(|\bskipTest\s*\(/g,
  ],
  [/\.go$/, /\b[tbf]\.(?:Skip|Skipf|SkipNow)\s*\(|\btesting\.Short\s*\(/g],
  [/\.rs$/, /#\[ignore\b|#\[cfg\(any\(\)\)\]/g],
  [/\.(?:java|kt|scala)$/, /@(?:Disabled|Ignore)\b/g],
  [/\.rb$/, /\b(?:xit|xdescribe|xcontext|pending|skip)\b/g],
];

const marksIn = (path: string, text: string | undefined): number =>
  MARKS.filter(([endings]) => endings.test(path)).reduce(
    (sum, [, mark]) => sum + (text?.match(mark)?.length ?? 0),
    0,
  );

const named = (scope: readonly string[], path: string): boolean =>
  scope.some((entry) => entry.toLowerCase() === path.toLowerCase());

/** Test files that are gone, but those the scope names one by one: taking them away was the task. */
function deletedTests(changes: readonly ChangedText[], scope: readonly string[]): readonly string[] {
  return changes
    .filter((c) => isTestPath(c.path) && c.before !== undefined && c.after === undefined)
    .map((c) => c.path)
    .filter((path) => !named(scope, path));
}

/** All deleted test files are named by the scope, and there is one: fewer tests are what was asked for. */
function isAboutRemoval(changes: readonly ChangedText[], scope: readonly string[]): boolean {
  const gone = changes.filter((c) => isTestPath(c.path) && c.after === undefined);
  return gone.length > 0 && gone.every((c) => named(scope, c.path));
}

/**
 * Why this change weakens the tests, or undefined. Where the gate's output can be counted on both sides the counts
 * decide; elsewhere the change itself is looked at: test files gone, marks added that skip.
 * @param changes the changed test files.
 */
export function weakening(ask: {
  readonly before: TestCounts | undefined;
  readonly now: TestCounts | undefined;
  readonly changes: readonly ChangedText[];
  readonly scope: readonly string[];
}): string | undefined {
  const { before, now, changes, scope } = ask;
  if (before && now) return byCounts(before, now, isAboutRemoval(changes, scope));
  if (before && before.run > 0) return `${before.run} tests ran before, and its gate names no count at all`;
  const gone = deletedTests(changes, scope);
  if (gone.length > 0) return `it deletes test files its scope does not name: ${gone.join(', ')}`;
  const marked = changes.filter((c) => marksIn(c.path, c.after) > marksIn(c.path, c.before));
  const all = (side: 'before' | 'after') => changes.reduce((sum, c) => sum + marksIn(c.path, c[side]), 0);
  return all('after') > all('before')
    ? `it adds marks that skip tests in ${marked.map((c) => c.path).join(', ')}`
    : undefined;
}

function byCounts(before: TestCounts, now: TestCounts, mayBeFewer: boolean): string | undefined {
  const figures = `${before.run} ran and ${before.skipped} were skipped before, ${now.run} and ${now.skipped} with it`;
  if (now.skipped > before.skipped) return `more tests are skipped: ${figures}`;
  return now.run < before.run && !mayBeFewer ? `fewer tests run: ${figures}` : undefined;
}
