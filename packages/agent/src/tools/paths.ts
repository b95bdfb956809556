/**
 * Where file tools may go: the workspace, and nothing a symlink leads to outside of it. The sandbox is the
 * wall; this check gives the model a sentence instead of a surprise, and holds under provider `none` too.
 * A path that is swapped between check and use is the sandbox's business.
 */
import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ToolFault } from './tool.ts';

const PATH_MAX = 4096;

/** A path inside the workspace. */
export interface InsidePath {
  /** Absolute, symlinks resolved as far as it exists. */
  readonly real: string;
  /** Relative to the workspace, for messages; `.` for the workspace itself. */
  readonly shown: string;
}

/**
 * @param path as the model wrote it: relative to the workspace, or absolute and inside of it.
 * @throws ToolFault when it leads out of the workspace.
 */
export async function resolveInside(workspace: string, path: string): Promise<InsidePath> {
  if (path.includes('\0') || path.length > PATH_MAX) throw new ToolFault('path: not a usable path');
  const root = await realpath(workspace);
  const asked = isAbsolute(path) && isWithin(workspace, path) ? relative(workspace, path) : path;
  const lexical = resolve(root, asked);
  if (!isWithin(root, lexical)) throw outside(path, 'it leads out of the workspace');
  const real = await realpathSoFar(lexical);
  if (!isWithin(root, real)) throw outside(path, 'a symbolic link on the way leads out of the workspace');
  return { real, shown: relative(root, lexical) || '.' };
}

/** As resolveInside, for a path that is read. @param readable files outside that were put there to be read. */
export async function resolveReadable(
  workspace: string,
  readable: readonly string[],
  path: string,
): Promise<InsidePath> {
  return readable.includes(path) ? { real: path, shown: path } : resolveInside(workspace, path);
}

/** As resolveInside, for a path that is going to be written. */
export async function resolveWritable(workspace: string, path: string): Promise<InsidePath> {
  const inside = await resolveInside(workspace, path);
  const parts = relative(await realpath(workspace), inside.real).split(sep);
  if (parts.some((part) => part.toLowerCase() === '.git')) {
    throw new ToolFault(`${inside.shown}: git's own files are not written by hand; use git commands in bash`);
  }
  return inside;
}

export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Resolves the part of the path that exists; the rest is appended as it stands. */
async function realpathSoFar(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new ToolFault(`path: ${code ?? String(error)}`);
  }
  // A link to nowhere would be followed by a later write, wherever it points.
  const link = await lstat(path).catch(() => undefined);
  if (link?.isSymbolicLink()) throw outside(path, 'it is a symbolic link to nothing');
  const parent = dirname(path);
  return parent === path ? path : join(await realpathSoFar(parent), path.slice(parent.length));
}

const outside = (path: string, why: string) =>
  new ToolFault(`${path}: refused, ${why}; give a path relative to the workspace, such as src/a.ts`);
