/** Everything there is in a folder, as one comparable value: what a refusal must leave byte for byte. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Path below `root` → kind, mode and SHA-256 of the content. Pipes and sockets are not read. */
export async function everythingIn(root: string): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {};
  for (const name of (await readdir(root)).sort()) await look(root, join(root, name), seen);
  return seen;
}

async function look(root: string, path: string, seen: Record<string, string>): Promise<void> {
  const facts = await lstat(path);
  const mode = (facts.mode & 0o7777).toString(8);
  const key = relative(root, path);
  if (facts.isDirectory()) {
    seen[key] = `folder ${mode}`;
    for (const name of (await readdir(path)).sort()) await look(root, join(path, name), seen);
  } else if (facts.isSymbolicLink()) seen[key] = `link ${await readlink(path)}`;
  else if (facts.isFile()) seen[key] = `file ${mode} ${hashOf(await readFile(path))}`;
  else seen[key] = `special ${mode}`;
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** What was added, changed or removed, by path. */
export function difference(
  before: Readonly<Record<string, string>>,
  after: typeof before,
): readonly string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => `${path}: ${before[path] ?? 'not there'} → ${after[path] ?? 'gone'}`);
}
