/** Which programs a sandbox has: asked inside, where they will run. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '@swarm/core/ports/running';

const LOOK_MS = 30_000;

/** The room did not answer: silence is no list of programs. */
export interface Unknown {
  readonly unknown: string;
}

/** Prints a line for each that commands find: its name, and where it is. */
const FIND =
  'for name; do at=$(command -v "$name" 2>/dev/null) && printf "%s\\t%s\\n" "$name" "$at"; done; true';

/** Where commands find these programs in a room of this sandbox. Leaves nothing behind. */
export async function placesInside(
  sandbox: Sandbox,
  programs: readonly string[],
): Promise<ReadonlyMap<string, string> | Unknown> {
  if (programs.length === 0) return new Map();
  const folder = await mkdtemp(join(tmpdir(), 'swarm-doctor-'));
  try {
    const workspace = join(folder, 'empty');
    await mkdir(workspace);
    const room = await sandbox.open({ workspace, readOnly: [], readWrite: [] });
    const argv = ['/bin/sh', '-c', FIND, 'sh', ...programs];
    const limits = { wallMs: LOOK_MS, outputBytes: 64 * 1024 };
    const { end, exitCode, output } = await room
      .run({ name: 'programs', argv, env: {}, network: 'none', limits })
      .finally(() => room.close());
    if (end !== 'exited' || exitCode !== 0)
      return { unknown: `the sandbox ended with ${exitCode ?? end}: ${output.slice(0, 300)}`.trim() };
    const lines = output.split('\n').map((line) => line.split('\t'));
    return new Map(
      lines.flatMap(([name, place]) =>
        name !== undefined && place && programs.includes(name) ? [[name, place] as const] : [],
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Those of `programs` that commands do not find. */
export async function missingInside(
  sandbox: Sandbox,
  programs: readonly string[],
): Promise<readonly string[] | Unknown> {
  const places = await placesInside(sandbox, programs);
  return 'unknown' in places ? places : programs.filter((program) => !places.has(program));
}
