/**
 * Features that all go into one file, each by an agent that settles a conflict by taking its own side whole. The gate
 * looks at none of them. What the run says at its end is held against a clean checkout of what it left.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { PlanTask, World } from './world.ts';

interface Told {
  readonly verdict: string;
  readonly list: readonly { readonly task: string; readonly state: string; readonly verified: string }[];
  readonly findings: readonly {
    readonly signature: string;
    readonly culprit?: { readonly task?: string };
    readonly fixes: readonly string[];
  }[];
}

/** @param file a CommonJS module whose exports each feature adds one to. */
const feature = (file: string, n: number): PlanTask => ({
  id: `f${n}`,
  title: `Add feature ${n}`,
  description: [
    `if grep -q '^<<<<<<<' ${file}; then git checkout --quiet --theirs -- ${file}; exit 0; fi`,
    `grep -q 'feature${n}' ${file} || printf '\\nmodule.exports.feature${n} = () => ${n};\\n' >> ${file}`,
  ].join('\n'),
  verify: `node -e 'if (require("./${file}").feature${n}() !== ${n}) process.exit(1)'`,
});

/** Runs them all at once on the world's repository. Throws unless the end is told as it is. */
export async function tellsWhatHolds(world: World, file: string, count: number): Promise<string> {
  await world.configure(`[workers]\nmax = ${count}\nattempts = 3\n[scope]\noverlap = "off"`);
  const tasks = Array.from({ length: count }, (_, i) => feature(file, i + 1));
  const gate = `node -e 'require("./${file}")'`;
  const run = await world.swarm(await world.plan(tasks, '--gate', gate, '--strict'));
  const told = JSON.parse((await world.swarm(['report', '--json'])).stdout) as Told;

  const clean = join(world.root, 'clean');
  const branch = await world.branch();
  execFileSync('git', [
    'clone',
    '--quiet',
    '--branch',
    branch.replace('refs/heads/', ''),
    world.repository,
    clean,
  ]);
  const holds = (n: number): boolean => {
    try {
      execFileSync('sh', ['-c', tasks[n - 1]!.verify!], { cwd: clean, stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const [kept, lost]: [string[], string[]] = [[], []];
  for (const { task, verified, state } of told.list.slice(0, count)) {
    const isThere = holds(Number(task.slice(1)));
    if (verified === 'verified') assert.ok(isThere, `${task} is said to be verified, and is not there`);
    if (state === 'landed' && !isThere) lost.push(task);
    if (isThere) kept.push(task);
  }
  assert.ok(lost.length > 0, 'no feature was destroyed: this shows nothing');
  for (const task of lost) {
    const finding = told.findings.find(({ signature }) => signature.startsWith(`verify of ${task}:`));
    assert.ok(finding, `nothing is said of ${task}`);
    assert.ok(finding.culprit?.task, `nobody is named for ${task}`);
    assert.ok(finding.fixes.length > 0, `no fix task was filed for ${task}`);
  }
  assert.deepEqual([run.code, told.verdict], [1, 'incomplete'], run.stdout);
  return `${kept.length} of ${count} hold, ${lost.length} were destroyed and named`;
}
