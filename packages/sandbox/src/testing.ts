/** Helpers of this package's tests: real folders, real sandboxes, gone when the test is over. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox, SandboxResult, SandboxSpec } from '@swarm/core';
import { probeBubblewrap } from './probe.ts';
import { removeTree } from './remove-tree.ts';
import { createSandbox } from './sandbox.ts';

/**
 * Options of a suite that starts real sandboxes. Where bubblewrap does not work it is skipped aloud, with the line
 * that installs it; under CI it runs all the same, and fails: there nobody reads what was skipped.
 */
export async function needs(provider: 'bubblewrap' | 'none'): Promise<{ readonly skip?: string }> {
  if (provider === 'none' || process.env.CI) return {};
  const probe = await probeBubblewrap();
  return probe.kind === 'works' ? {} : { skip: `${probe.reason}; fix: ${probe.fix}` };
}

export interface Bed {
  readonly folder: string;
  readonly workspace: string;
  readonly stateKey: string;
  readonly sandbox: Sandbox;
  run(argv: readonly string[], more?: Partial<SandboxSpec>): Promise<SandboxResult>;
  sh(script: string, more?: Partial<SandboxSpec>): Promise<SandboxResult>;
}

export async function bed(test: TestContext, provider: 'bubblewrap' | 'none'): Promise<Bed> {
  const folder = await temporary(test);
  const workspace = join(folder, 'workspaces', 'w1');
  await mkdir(workspace, { recursive: true });
  const sandbox = createSandbox({ ...optionsFor(folder), provider });
  const spec = { workspace, readOnly: [], readWrite: [], env: {}, network: 'none', name: 'w1' } as const;
  const limits = { wallMs: 20_000, outputBytes: 10_000_000 };
  const run = (argv: readonly string[], more?: Partial<SandboxSpec>) =>
    sandbox.run({ ...spec, limits, argv, ...more });
  return {
    folder,
    workspace,
    stateKey: folder,
    sandbox,
    run,
    sh: (script, more) => run(['sh', '-c', script], more),
  };
}

export const optionsFor = (stateKey: string) => ({
  stateKey,
  nodePath: process.execPath,
  path: ['/usr/local/bin', '/usr/bin', '/bin'],
  readOnly: [],
});

export async function temporary(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-test-'));
  test.after(() => removeTree(folder));
  return folder;
}

/** Ids of processes whose command line holds `word`. */
export async function processesWith(word: string): Promise<number[]> {
  const { readdir } = await import('node:fs/promises');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((pid, index) => pid !== process.pid && lines[index]!.includes(word));
}

/** Looks again every few ms until it is so; says what it waited for when it never is. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  withinMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(5);
  }
}

/**
 * Makes a file in a folder that its own owner cannot remove, does `work`, and frees it again wherever below `root` it
 * is then. False where nobody here can make one: it takes root and an attribute.
 */
export async function whileLocked(root: string, folder: string, work: () => Promise<void>): Promise<boolean> {
  await writeFile(join(folder, 'file'), '');
  const change = (...args: string[]): void => void execFileSync('chattr', args, { stdio: 'ignore' });
  try {
    change('+i', join(folder, 'file'));
  } catch {
    return false;
  }
  await work().finally(() => change('-R', '-i', root));
  return true;
}

export const NO_LOCK = 'nobody here can lock a file against its owner';
