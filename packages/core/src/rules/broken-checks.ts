/** Checks that cannot run where the run's commands run, whatever the work is: told from how they end before any work. */
import { wantsNetwork } from './network-words.ts';

/** How a shell says that a program is not there; a path may be a file the work brings, a bare name is none. */
const NOT_FOUND = /^(?:\S*sh: )?(?:line )?(?:\d+: )?([\w.+-]+): (?:command )?not found$/m;
const EXIT_NOT_FOUND = 127;

/** Files that bring programs with them: a task that may change one may bring what is missing. */
const MANIFESTS =
  /(?:^|\/)(?:package\.json|[^/]*lock[^/]*|Cargo\.toml|pyproject\.toml|requirements[^/]*\.txt|setup\.(?:py|cfg)|go\.mod|Gemfile|composer\.json|mix\.exs|pom\.xml|build\.gradle(?:\.kts)?|Makefile|justfile)$/;

const mayBringPrograms = (scope: readonly string[]): boolean =>
  scope.length === 0 || scope.some((path) => MANIFESTS.test(path) || /^(?:\*\*?|\.)(?:\/|$)/.test(path));

/**
 * Undefined: it can run, as far as can be told, and fails for what the work is to put right.
 * @param scope of the task: one that may change what programs are there is left to try.
 */
export function whyCannotRun(
  { exitCode, output }: { readonly exitCode: number | undefined; readonly output: string },
  scope: readonly string[],
): string | undefined {
  return mayBringPrograms(scope) ? undefined : whyNoWord({ exitCode, output });
}

/** Undefined: it ran. Otherwise how it ended says nothing of the work. */
export function whyNoWord({
  exitCode,
  output,
}: {
  readonly exitCode: number | undefined;
  readonly output: string;
}): string | undefined {
  if (wantsNetwork(output)) return 'it wants the network, and checks have none';
  const missing = exitCode === EXIT_NOT_FOUND ? NOT_FOUND.exec(output)?.[1] : undefined;
  return missing === undefined ? undefined : `there is no program ${missing}`;
}
