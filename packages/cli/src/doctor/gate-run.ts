/** Runs setup and gate once on the target, in a clone of our own, as a run would before it begins. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox, SandboxResult } from '@swarm/core/ports/running';
import { NO_NETWORK, wantsNetwork } from '@swarm/core/rules/network-words';
import { refusedText } from '@swarm/core/rules/way-out';
import { durationText } from '@swarm/core/views/words';
import { Git } from '@swarm/git';
import { type Check, failed, ok } from './check.ts';

export interface GateRunAsk {
  readonly repository: string;
  readonly target: string;
  /** Where the clone lies while it is needed. */
  readonly state: string;
  readonly sandbox: Sandbox;
  readonly setup: string | undefined;
  readonly gate: string;
  readonly gateMs: number;
}

const SETUP_MS = 1_800_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const SHOWN_CHARS = 2_000;

export async function runGate(ask: GateRunAsk): Promise<readonly Check[]> {
  await mkdir(ask.state, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(ask.state, 'doctor-'));
  const workspace = join(folder, 'clone');
  try {
    const args = [
      '--quiet',
      '--no-local',
      '--template=',
      '--branch',
      ask.target,
      '--',
      ask.repository,
      workspace,
    ];
    await new Git().run({ discoverFrom: folder }, 'clone', args, { env: { GIT_ALLOW_PROTOCOL: 'file' } });
    // What setup leaves in its home is there for the gate, as it is in a run.
    await mkdir(`${workspace}.home`);
    const prepared = ask.setup === undefined ? undefined : await tried(ask, workspace, 'setup', ask.setup);
    if (prepared?.verdict === 'failed') return [prepared];
    const tested = await tried(ask, workspace, 'gate', ask.gate);
    return prepared ? [prepared, tested] : [tested];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function tried(
  { sandbox, gateMs }: GateRunAsk,
  workspace: string,
  what: 'setup' | 'gate',
  command: string,
): Promise<Check> {
  const home = `${workspace}.home`;
  const room = await sandbox.open({ workspace, home, readOnly: [], readWrite: [] });
  const asked = room.run({
    name: `doctor-${what}`,
    argv: ['/bin/sh', '-c', command],
    env: { CI: '1' },
    network: what === 'setup' ? 'setup' : 'none',
    ...(what === 'setup' && { isTrustedSetup: true }),
    limits: { wallMs: what === 'setup' ? SETUP_MS : gateMs, outputBytes: OUTPUT_BYTES_MAX },
  });
  const ran = await asked.finally(() => room.close());
  const name = `${what} run`;
  const isGood = ran.end === 'exited' && ran.exitCode === 0;
  return isGood
    ? ok(name, `passed on the base in ${durationText(ran.durationMs)}`)
    : failedRun(name, what, command, ran);
}

const failedRun = (name: string, what: 'setup' | 'gate', command: string, ran: SandboxResult): Check =>
  failed(name, {
    code: what === 'setup' ? 'SW0308' : 'SW0602',
    what: `the ${what} \`${command}\` fails on the base: it ended with ${ran.exitCode ?? ran.end}`,
    why: ran.output.trimEnd().slice(-SHOWN_CHARS) || 'it printed nothing',
    fix: fixFor(what, ran),
  });

function fixFor(what: 'setup' | 'gate', { output, refused }: SandboxResult): string {
  if (refused) return `it ${refusedText(refused)}`;
  return what === 'gate' && wantsNetwork(output) ? NO_NETWORK : `mend it, or name another with --${what}`;
}
