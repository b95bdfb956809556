/** Where a live run listens: a folder private to this user, with a path short enough for the kernel. */
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { type Environment, type RepositoryPaths, shortHash } from './paths.ts';

/** The kernel's `sun_path` holds 108 bytes with its end mark on Linux, 104 on macOS. */
const SOCKET_PATH_MAX = 103;

/**
 * The first folder that is there or can be made, and is this user's alone. One that somebody else made first is passed
 * over: anybody who can write there could pose as the run. Errors: SW0701 when there is none at all.
 */
export async function controlSocketPath(
  repository: Pick<RepositoryPaths, 'repository' | 'state'>,
  run: RunId,
  env: Environment,
): Promise<string> {
  const name = `${shortHash(repository.repository)}-${run.slice(-4)}.sock`;
  const user = process.getuid?.() ?? 0;
  const tried: string[] = [];
  for (const folder of foldersFor(repository.state, user, env)) {
    if (Buffer.byteLength(join(folder, name)) > SOCKET_PATH_MAX) continue;
    const why = await unfit(folder, user);
    if (why === undefined) return join(folder, name);
    tried.push(`${folder}: ${why}`);
  }
  throw new SwarmError({
    code: 'SW0701',
    what: 'there is no folder for the control socket that is private to you',
    where: tried.join('; '),
    why: 'whoever can write there could pose as the run',
    fix: 'export XDG_RUNTIME_DIR="$(mktemp -d)"',
  });
}

const foldersFor = (state: string, user: number, env: Environment): readonly string[] => [
  ...(env.XDG_RUNTIME_DIR?.startsWith('/') ? [join(env.XDG_RUNTIME_DIR, 'swarm')] : []),
  join(tmpdir(), `swarm-${user}`),
  `/tmp/swarm-${user}`,
  join(state, 'run'),
];

/**
 * Undefined for a folder that can be used. The one above it is never made: a runtime folder may be named and not be
 * there, or be another user's, for `sudo` and `cron` hand on such names.
 */
async function unfit(folder: string, user: number): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return message;
  }
  const facts = await lstat(folder);
  if (!facts.isDirectory()) return 'it is no folder';
  if (facts.uid !== user) return `it belongs to user ${facts.uid}`;
  return (facts.mode & 0o077) === 0 ? undefined : 'others may open it';
}
