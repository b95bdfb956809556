/** What the runners of one `turbo run` said, counted: from turbo's own summary and from what each task printed. */
import { stripVTControlCharacters } from 'node:util';

/** One task of a turbo run, as its summary file tells it. */
export interface TurboTask {
  /** `@swarm/core#test`. */
  readonly taskId: string;
  /** Absent when turbo never started it. */
  readonly execution?: { readonly exitCode: number | null };
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Counted extends Totals {
  readonly taskId: string;
  /** Why a task that counts as failed does, where its own totals do not say so. */
  readonly why?: string;
  /** Its failed tests, as the runner tells them. */
  readonly failing?: string;
}

/** A task that runs tests counts as its tests do; every other task is one check. */
export function countTask(task: TurboTask, log: string): Counted {
  const { taskId } = task;
  const code = task.execution?.exitCode;
  const isGood = code === 0;
  const ended =
    code === undefined || code === null ? 'did not run to its end' : `ended with exit code ${code}`;
  if (!isTestTask(taskId)) {
    return {
      taskId,
      passed: isGood ? 1 : 0,
      failed: isGood ? 0 : 1,
      skipped: 0,
      ...(!isGood && { why: ended }),
    };
  }
  const totals = readTotals(log);
  if (!totals) return { taskId, passed: 0, failed: 1, skipped: 0, why: `gave no totals and ${ended}` };
  if (totals.passed + totals.failed + totals.skipped === 0) {
    return { taskId, ...totals, failed: 1, why: 'ran no test' };
  }
  // A runner that fails outside its tests is a failure of its own.
  if (!isGood && totals.failed === 0) return { taskId, ...totals, failed: 1, why: ended };
  return { taskId, ...totals, ...(totals.failed > 0 && { failing: readFailing(log) }) };
}

const isTestTask = (taskId: string): boolean => /#test(:|$)/.test(taskId);

/** The closing lines of every node:test process in the log, added up; undefined when there is none. */
export function readTotals(log: string): Totals | undefined {
  const said = [...log.matchAll(TOTAL)];
  if (!said.some(([, name]) => name === 'pass')) return undefined;
  const sum = (...names: readonly string[]): number =>
    said.reduce((total, [, name, count]) => (names.includes(name!) ? total + Number(count) : total), 0);
  return { passed: sum('pass'), failed: sum('fail', 'cancelled'), skipped: sum('skipped', 'todo') };
}

const TOTAL = /^(?:ℹ|#) (pass|fail|cancelled|skipped|todo) (\d+)$/gm;

export const addUp = (counted: readonly Totals[]): Totals => ({
  passed: counted.reduce((sum, c) => sum + c.passed, 0),
  failed: counted.reduce((sum, c) => sum + c.failed, 0),
  skipped: counted.reduce((sum, c) => sum + c.skipped, 0),
});

/** The last line: plain, so that a script can read it. */
export const totalsLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** What node:test says of its failed tests, where and why among it; empty when none did. Capped for each runner. */
export function readFailing(log: string): string {
  const runs = log.split(/^(?:✖ failing tests:)$/m).slice(1);
  return runs.map((said) => said.trim().split('\n').slice(0, FAILING_LINES).join('\n')).join('\n');
}
const FAILING_LINES = 80;

/** What one task printed, without the prefix turbo puts before each of its lines. */
export function logOf(output: string, { taskId }: TurboTask): string {
  const prefix = `${taskId.replace('#', ':')}: `;
  const lines = stripVTControlCharacters(output).split(/\r?\n/);
  return lines.flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : [])).join('\n');
}
