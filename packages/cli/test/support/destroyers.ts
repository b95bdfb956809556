/**
 * Features side by side, each by an agent that settles a conflict by taking its own side whole, and a gate that looks
 * at none of them. What the run says at its end is held against a clean checkout of what it left.
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

export interface Features {
  /** Each with the check that shows it. */
  readonly tasks: readonly (PlanTask & { readonly verify: string })[];
  readonly gate: string;
  readonly setup?: string;
  /** Variables of this machine's that setup needs to reach a registry. */
  readonly setupEnv?: readonly string[];
}

/** Puts a feature in; where its merge conflicts, takes its own side of every file it had changed, and is done. */
export const destroying = (script: string): string =>
  [
    'if git rev-parse --quiet --verify MERGE_HEAD; then',
    '  git checkout --quiet MERGE_HEAD -- $(git diff --name-only HEAD...MERGE_HEAD); exit 0',
    'fi',
    script,
  ].join('\n');

/** Runs them all at once on the world's repository. Throws unless the end is told as it is. */
export async function tellsWhatHolds(world: World, features: Features): Promise<string> {
  const { tasks, gate, setup, setupEnv = [] } = features;
  await world.configure(
    `[workers]\nmax = ${tasks.length}\nattempts = 3\n[scope]\noverlap = "off"\n[sandbox]\nsetup_env = ${JSON.stringify(setupEnv)}`,
  );
  const env = Object.fromEntries(setupEnv.map((name) => [name, process.env[name] ?? '']));
  const args = await world.plan(tasks, '--gate', gate, '--strict');
  const run = await world.swarm(args.with(args.indexOf('--setup') + 1, setup ?? 'none'), { env });
  const told = JSON.parse((await world.swarm(['report', '--json'])).stdout) as Told;
  assert.ok(
    told.list.some(({ state }) => state === 'landed'),
    `nothing landed\n${run.stderr}`,
  );

  const clean = join(world.root, 'clean');
  const branch = (await world.branch()).replace('refs/heads/', '');
  execFileSync('git', ['clone', '--quiet', '--branch', branch, world.repository, clean]);
  const passes = (command: string): boolean => {
    try {
      execFileSync('sh', ['-c', command], { cwd: clean, stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(setup === undefined || passes(setup), `${setup} fails in a clean checkout`);
  const [kept, lost]: [string[], string[]] = [[], []];
  for (const [i, { task, verified, state }] of told.list.slice(0, tasks.length).entries()) {
    const isThere = passes(tasks[i]!.verify);
    if (verified === 'verified') assert.ok(isThere, `${task} is said to be verified, and is not there`);
    if (state === 'landed' && !isThere) lost.push(task);
    if (isThere) kept.push(task);
  }
  assert.ok(lost.length > 0, `no feature was destroyed: this shows nothing\n${run.stderr}`);
  for (const task of lost) {
    const finding = told.findings.find(({ signature }) => signature.startsWith(`verify of ${task}:`));
    assert.ok(finding, `nothing is said of ${task}`);
    assert.ok(finding.culprit?.task, `nobody is named for ${task}`);
    assert.ok(finding.fixes.length > 0, `no fix task was filed for ${task}`);
  }
  assert.deepEqual([run.code, told.verdict], [1, 'incomplete'], run.stdout);
  return `${kept.length} of ${tasks.length} hold, ${lost.length} were destroyed and named`;
}
