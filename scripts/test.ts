/**
 * `pnpm test`: every check of the repository, two at a time, each one's output in one piece when it ends; then one
 * plain line with the totals of the real runners. Exit 0 only when nothing failed and every runner gave totals.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addUp, type Counted, countTask, logOf, type TurboTask, totalsLine } from './totals.ts';

const ROOT = join(import.meta.dirname, '..');
/** Where turbo leaves the summary of a run. */
const SUMMARIES = join(ROOT, '.turbo', 'runs');
const TASKS = ['lint', 'typecheck', 'test:ground', 'test'];
/** What Node keeps of a source it has read: some hundred test files load the same ones. Half of what loading takes. */
const READ_ONCE = join(ROOT, 'node_modules', '.cache', 'node');

rmSync(SUMMARIES, { recursive: true, force: true });
const output = await runTurbo();
const counted = readSummary().map((task) => countTask(task, logOf(output, task)));
process.exitCode = tell(counted);

/** All it printed. Its exit code is not asked for: each task's own, in the summary, says more. */
function runTurbo(): Promise<string> {
  const run = ['run', ...TASKS, '--continue=always', '--concurrency=2', '--summarize'];
  const turbo = spawn('turbo', [...run, '--log-order=grouped', '--log-prefix=task', '--ui=stream'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      NODE_COMPILE_CACHE: READ_ONCE,
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
    },
  });
  let printed = '';
  turbo.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    turbo.on('error', reject);
    turbo.on('close', () => resolve(printed));
  });
}

function readSummary(): readonly TurboTask[] {
  const [file] = readdirIfThere(SUMMARIES).filter((name) => name.endsWith('.json'));
  if (file === undefined) return [];
  return (JSON.parse(readFileSync(join(SUMMARIES, file), 'utf8')) as { tasks: TurboTask[] }).tasks;
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function tell(tasks: readonly Counted[]): number {
  const totals = addUp(tasks);
  for (const { taskId, failed, why, failing } of tasks) {
    if (failed > 0) console.log(`failed: ${taskId}: ${why ?? `${failed} of its tests`}`);
    if (failing) console.log(failing);
  }
  const missing = TASKS.filter((name) => !tasks.some((task) => task.taskId.endsWith(`#${name}`)));
  for (const name of missing) console.log(`failed: ${name}: turbo ran nothing of this name`);
  const failed = totals.failed + missing.length;
  console.log(totalsLine({ ...totals, failed }));
  return failed === 0 ? 0 : 1;
}
