/**
 * Whether the tests of a change would have failed without it. They are run on the sources before the change: tests that
 * pass there pass with the change and without it, and prove nothing.
 */
import type { Handoff, TestsTried } from '../model/handoff.ts';
import type { GateResult } from '../model/landing.ts';
import { quoted } from './criterion-text.ts';
import { knownFailures } from './known-failures.ts';
import { isTestPath } from './weakened.ts';

/** Most test files of one change that are put in, and that are named. */
export const TESTS_MAX = 200;

export interface TestsAsk {
  /** Everything the change touches. */
  readonly paths: readonly string[];
  readonly verify: string | undefined;
  readonly gate: string | undefined;
}

/** `run`: by this command. `said`: it is known without. Undefined: the change has no tests. */
export type TestsPlan =
  | { readonly kind: 'run'; readonly command: string; readonly files: readonly string[] }
  | { readonly kind: 'said'; readonly tests: TestsTried };

export function testsPlan({ paths, verify, gate }: TestsAsk): TestsPlan | undefined {
  const files = paths.filter((path) => isTestPath(path));
  if (files.length === 0) return undefined;
  if (files.length > TESTS_MAX)
    return said(files, 'unknown', `it changes more than ${TESTS_MAX} test files, and nobody tried them`);
  if (files.length === paths.length)
    return said(files, 'nothing', 'it changes tests alone: they pass on the sources as they were');
  const command = verify !== undefined && namesOne(verify, files) ? verify : gate && narrowed(gate, files);
  if (command === undefined) return said(files, 'unknown', 'there is no command that runs them');
  return { kind: 'run', command, files };
}

const said = (files: readonly string[], says: TestsTried['says'], detail: string): TestsPlan => ({
  kind: 'said',
  tests: { files: files.slice(0, TESTS_MAX), says, detail },
});

/** By its path, or by a folder it lies in. What names none of them may fail for anything else. */
const namesOne = (command: string, files: readonly string[]): boolean =>
  files.some((file) => {
    const names = file.split('/');
    return names.some((_, i) => {
      const path = names.slice(0, i + 1).join('/');
      return (i > 0 || names.length === 1 || isTestPath(`${path}/`)) && isWordOf(command, path);
    });
  });

const isWordOf = (command: string, path: string): boolean =>
  command.split(/[\s"'=;&|()]+/).some((word) => word.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') === path);

/** Runners that take files, where nothing else stands in the command. */
const TAKES_FILES =
  /^(?:(?:npx|pnpm exec|yarn) )?(?:pytest|python3? -m pytest|node --test|vitest run|jest|mocha|rspec)(?: --?[\w-]+(?:=[\w./-]+)?)*$/;
const RUNNABLE = /(?:[._-](?:test|tests|spec)\.[cm]?[jt]sx?|(?:^|\/)test_[^/]*\.py|_test\.py|_spec\.rb)$/;

/** The same command with only these files, where its runner is known to take them; else as it stands. */
function narrowed(gate: string, files: readonly string[]): string {
  const own = files.filter((file) => RUNNABLE.test(file));
  return TAKES_FILES.test(gate) && own.length === files.length
    ? `${gate} ${own.map(quoted).join(' ')}`
    : gate;
}

/** Exit code of `putCommand` where there are no sources before the change to go back to. */
export const EXIT_NO_BASE = 97;

/** In a work tree of `commit`: everything goes back to `base`, but these files; what `commit` has not is taken away. */
export function putCommand(base: string, commit: string, files: readonly string[]): string {
  const take = `git --literal-pathspecs checkout -q ${commit} -- "$f" 2>/dev/null`;
  return [
    `git cat-file -e ${base}^{commit} && git read-tree --reset -u ${base} || exit ${EXIT_NO_BASE}`,
    `for f in ${files.map(quoted).join(' ')}; do ${take} || rm -f -- "$f"; done`,
  ].join('\n');
}

export interface TestsRan {
  /** Undefined: it came to no end of its own. */
  readonly exitCode: number | undefined;
  readonly signatures: readonly string[];
  /** What the gate says of the sources before, where the command is the gate's. */
  readonly before: GateResult | undefined;
}

/** A gate that is red there anyway shows something only by a failure that is new. */
export function testsSay({ exitCode, signatures, before }: TestsRan): TestsTried['says'] {
  if (exitCode === undefined) return 'unknown';
  if (exitCode === 0) return 'nothing';
  if (before === undefined || before.outcome === 'passed') return 'proves';
  const known = knownFailures(before);
  return known.size > 0 && signatures.some((one) => !known.has(one)) ? 'proves' : 'unknown';
}

/** For the record of the landing; undefined where nothing is to be said against its tests. */
export const provesNothing = (handoff: Handoff | undefined): TestsTried | undefined =>
  handoff?.tests?.says === 'nothing' ? handoff.tests : undefined;
