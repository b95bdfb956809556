/** Where the repository of a command lies. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { findRepository } from '../finding/paths.ts';
import { isRepositoryUrl } from '../finding/repository-url.ts';
import type { Context } from '../program/context.ts';
import { clone } from './clone.ts';

export interface Located {
  readonly path: string;
  readonly isBare: boolean;
  readonly exists: boolean;
  /** The folder somebody stands in, from the top of the work tree. Absent: the top. */
  readonly within?: string;
}

export async function locate(repo: string | undefined, context: Context): Promise<Located> {
  if (repo && isRepositoryUrl(repo)) return { path: await clone(repo, context), isBare: true, exists: true };
  const from = resolve(context.cwd, repo ?? '.');
  // What is not there is in no repository, whatever is around it.
  const found = existsSync(from) ? await findRepository(from) : undefined;
  if (!found) return { path: from, isBare: false, exists: false };
  const within = found.isBare ? '' : relative(found.path, from);
  return { ...found, exists: true, ...(within !== '' && { within }) };
}
