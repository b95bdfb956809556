/** The token of a repository's pages: in the operator's state directory, theirs alone, and the same from one start to the next. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RepositoryPaths } from '../finding/paths.ts';

/** 256 bits: nobody guesses it, however fast they may ask. */
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export const tokenFile = ({ state }: Pick<RepositoryPaths, 'state'>): string => join(state, 'serve-token');

/** The one there is; undefined: nothing was ever served here. */
export const knownToken = (repository: Pick<RepositoryPaths, 'state'>): Promise<string | undefined> =>
  keptToken(tokenFile(repository));

/** One that others could have read, or that is none, is replaced. Errors: SW0701. */
export async function serveToken(repository: Pick<RepositoryPaths, 'state'>): Promise<string> {
  const path = tokenFile(repository);
  try {
    await mkdir(repository.state, { recursive: true, mode: 0o700 });
    const kept = await keptToken(path);
    if (kept !== undefined) return kept;
    await rm(path, { force: true });
    // Of two that start at once, the second takes the first one's.
    return (await madeToken(path)) ?? (await keptToken(path)) ?? fault(path, 'it changes while it is read');
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    return fault(path, (error as Error).message);
  }
}

async function keptToken(path: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const facts = await file.stat();
    const isOurs = facts.isFile() && facts.uid === (process.getuid?.() ?? facts.uid);
    if (!isOurs || (facts.mode & 0o077) !== 0 || facts.size > 100) return undefined;
    const token = (await file.readFile('utf8')).trim();
    return TOKEN.test(token) ? token : undefined;
  } finally {
    await file.close();
  }
}

/** Undefined where there is one by now. */
async function madeToken(path: string): Promise<string | undefined> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    await file.writeFile(`${token}\n`);
    return token;
  } finally {
    await file.close();
  }
}

function fault(path: string, why: string): never {
  throw new SwarmError({
    code: 'SW0701',
    what: 'the token of the pages cannot be kept',
    where: path,
    why,
    fix: `ls -l ${path}`,
  });
}
