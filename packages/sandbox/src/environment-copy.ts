import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { runApart } from './apart.ts';
import { isPortable } from './platform/here.ts';

const COPY_MS = 10 * 60_000;
/** Names for one process. */
const AT_ONCE = 500;

/** Shares blocks where the file system can; symlinks stay symlinks, modes and times stay. */
const how = (): string[] => (isPortable ? ['-a'] : ['-a', '--reflink=auto']);

/** Copies one entry to a place that is free. */
export async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const flags = isPortable ? [] : ['--no-target-directory'];
  await cp([...how(), ...flags, '--', from, to], to);
}

/** Copies entries into a folder, under their own names. */
export async function copyAll(entries: readonly string[], folder: string): Promise<void> {
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    await cp([...how(), '--', ...entries.slice(at, at + AT_ONCE), `${folder}/`], folder);
  }
}

async function cp(args: readonly string[], to: string): Promise<void> {
  const cannot = (why: string, cause?: unknown): SwarmError =>
    new SwarmError(
      {
        code: 'SW0701',
        what: 'an environment cannot be copied',
        where: to,
        why,
        fix: `df -h ${dirname(to)}`,
      },
      { cause },
    );
  const ran = await runApart('cp', args, { wallMs: COPY_MS }).catch((error: Error) => {
    throw cannot(error.message, error);
  });
  if (ran.code !== 0) throw cannot(ran.stderr.trim() || `cp ended with ${ran.code ?? ran.signal}`);
}
