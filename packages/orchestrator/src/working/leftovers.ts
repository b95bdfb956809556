/** Files that an attempt left and git ignores: they look like work, and are in no commit. */
import type { AttemptId } from '@swarm/core/model/ids';
import type { Bench } from '@swarm/core/ports/bench';

/** Paths that are named; how many more there are is said. */
const NAMED_MAX = 10;
const LIST_MS = 60_000;
const LIST_BYTES = 16 * 1024 * 1024;

/** Folders whose every file is ignored count as one; run contained, as everything on a bench is. */
export const LIST_IGNORED =
  'git -c core.fsmonitor=false -c core.quotePath=false ls-files --others --ignored --exclude-standard --directory';

/** @param clean a checkout in which nobody has worked: what setup left is there too, and is nobody's work. */
export async function leftIgnored(
  bench: Bench,
  clean: Bench,
  attempt: AttemptId,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const mine = await ignoredIn(bench, `left-${attempt}`, signal);
  if (mine.length === 0) return [];
  const before = new Set(await ignoredIn(clean, `clean-${attempt}`, signal));
  return mine.filter((path) => !before.has(path));
}

/** A list that cannot be had names nothing: it explains a failure, and decides none. */
async function ignoredIn(bench: Bench, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const ran = await bench.shell({
    name,
    command: LIST_IGNORED,
    limits: { wallMs: LIST_MS, outputBytes: LIST_BYTES },
    signal,
  });
  if (ran.end !== 'exited' || ran.exitCode !== 0) return [];
  return ran.output.split('\n').filter((path) => path !== '');
}

/** Empty when there are none. */
export function leftText(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const more = paths.length > NAMED_MAX ? ` and ${paths.length - NAMED_MAX} more` : '';
  return `git ignores what it left in ${paths.slice(0, NAMED_MAX).join(', ')}${more}: that is in no commit`;
}
