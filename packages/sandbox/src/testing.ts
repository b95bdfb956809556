/** Helpers of this package's tests: real folders, real sandboxes, gone when the test is over. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Room, RoomAsk, RoomCommand, Sandbox, SandboxResult } from '@swarm/core/ports/running';
import { BRIDGE_SOURCE, type SandboxOptions } from './policy.ts';
import { probeBubblewrap } from './probe.ts';
import { type EngineChoice, engineEnv } from './providers/engine.ts';
import type { ProviderName } from './providers/index.ts';
import { removeTree } from './remove-tree.ts';
import { sandboxWith } from './room.ts';
import { createSandbox } from './sandbox.ts';
import { boxChoice } from './testing-box.ts';
import { createElsewhere } from './testing-elsewhere.ts';

/** `SWARM_TEST_ENGINE=podman SWARM_TEST_IMAGE=NAME` points the tests of rooms at an engine and an image of it. */
const { SWARM_TEST_ENGINE: engine, SWARM_TEST_IMAGE: image } = process.env;

export { boxChoice };

export const docker: EngineChoice | undefined =
  (engine === 'docker' || engine === 'podman') && image
    ? { engine, image, env: engineEnv(process.env) }
    : undefined;

/** What passes the tests of rooms: every provider there is, and one that shows nothing where it lies. */
export const KINDS: readonly Kind[] = docker ? ['docker'] : ['none', 'bubblewrap', 'command', 'elsewhere'];
export type Kind = ProviderName | 'elsewhere';

export function sandboxOfKind(kind: Kind, options: SandboxOptions): Sandbox {
  if (kind !== 'elsewhere')
    return createSandbox({
      ...options,
      provider: kind,
      ...(docker && { docker }),
      command: boxChoice(join(options.stateKey, 'boxes')),
    });
  return sandboxWith(createElsewhere({ ...options, bridgeFile: BRIDGE_SOURCE }), options.stateKey);
}

/**
 * Options of a suite that starts real sandboxes. Where bubblewrap does not work it is skipped aloud, with the line
 * that installs it; under CI it runs all the same, and fails: there nobody reads what was skipped.
 */
export async function needs(provider: Kind): Promise<{ readonly skip?: string }> {
  if (provider === 'none' || provider === 'docker' || provider === 'command' || process.env.CI) return {};
  const probe = await probeBubblewrap();
  return probe.kind === 'works' ? {} : { skip: `${probe.reason}; fix: ${probe.fix}` };
}

/** Milliseconds that are enough for a command to begin. */
export const startsWithin = (kind: Kind): number => (kind === 'docker' ? 6_000 : 1_500);

export interface Bed {
  readonly folder: string;
  readonly workspace: string;
  readonly stateKey: string;
  readonly sandbox: Sandbox;
  open(more?: Partial<RoomAsk>): Promise<Room>;
  run(argv: readonly string[], more?: Asked): Promise<SandboxResult>;
  sh(script: string, more?: Asked): Promise<SandboxResult>;
}

/** A command with what its room is to have; with a gateway's socket it asks for the gateway's address. */
export type Asked = Partial<Omit<RoomCommand, 'gateway'> & RoomAsk>;

/** One command in a room of its own. */
export async function runIn(sandbox: Sandbox, ask: RoomAsk & RoomCommand): Promise<SandboxResult> {
  const { workspace, readOnly, readWrite, gatewaySocket, ...command } = ask;
  const mounts = { workspace, readOnly, readWrite };
  const room = await sandbox.open({ ...mounts, ...(gatewaySocket !== undefined && { gatewaySocket }) });
  const ran = await room.run({ ...command, ...(gatewaySocket !== undefined && { gateway: 'address' }) });
  await room.close();
  return ran;
}

export async function bed(test: TestContext, provider: Kind): Promise<Bed> {
  const folder = await temporary(test);
  const workspace = join(folder, 'workspaces', 'w1');
  await mkdir(workspace, { recursive: true });
  const sandbox = sandboxOfKind(provider, optionsFor(folder));
  const spec = { workspace, readOnly: [], readWrite: [], env: {}, network: 'none', name: 'w1' } as const;
  const limits = { wallMs: 20_000, outputBytes: 10_000_000 };
  const run = (argv: readonly string[], more?: Asked) => runIn(sandbox, { ...spec, limits, argv, ...more });
  return {
    folder,
    workspace,
    stateKey: folder,
    sandbox,
    open: (more) => sandbox.open({ workspace, readOnly: [], readWrite: [], ...more }),
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
  withinMs = 60_000,
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

/** `tree` in a folder: closed folders, a name that is no text, thousands of folders one in another. */
export function hostileTree(folder: string): void {
  const script = `mkdir -p tree/shut tree/deep && touch tree/shut/file && chmod 000 tree/shut
    printf x > "tree/$(printf 'no\\377text')"
    perl -e 'chdir "tree/deep"; for (1 .. 2500) { mkdir "d"; chdir "d" or die "no way down" }'
    chmod 000 tree`;
  execFileSync('sh', ['-c', script], { cwd: folder });
}
