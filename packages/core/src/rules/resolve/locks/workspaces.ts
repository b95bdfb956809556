/** The packages of a project with workspaces, by what its own package.json says. */
import { type Fields, parseFields } from './around.ts';

/** @returns the manifests of the root and of each workspace; undefined when one cannot be read. */
export function workspacesOf(manifests: ReadonlyMap<string, string>): readonly Fields[] | undefined {
  const root = parseFields(manifests.get('package.json'));
  const globs = root && globsOf(root);
  if (!globs) return undefined;
  const folders = [...manifests.keys()]
    .filter((path) => path.endsWith('/package.json'))
    .filter((path) => isIn(path.slice(0, -'/package.json'.length), globs));
  const members = folders.map((path) => parseFields(manifests.get(path)));
  return members.every((member) => member !== undefined) ? [root, ...members] : undefined;
}

function globsOf(root: Fields): readonly string[] | undefined {
  const said = root.workspaces ?? [];
  const list = Array.isArray(said) ? said : (said as { packages?: unknown }).packages;
  if (!Array.isArray(list) || !list.every((glob) => typeof glob === 'string' && PLAIN.test(glob)))
    return undefined;
  return list as string[];
}

/** Folders, with stars for names; anything cleverer is not read. */
const PLAIN = /^!?[\w@./*-]+$/;

function isIn(folder: string, globs: readonly string[]): boolean {
  let isMember = false;
  for (const glob of globs) {
    const isOut = glob.startsWith('!');
    if (matches(folder.split('/'), partsOf(isOut ? glob.slice(1) : glob))) isMember = !isOut;
  }
  return isMember;
}

const partsOf = (glob: string): readonly string[] =>
  glob.split('/').filter((part) => part !== '' && part !== '.');

function matches(folder: readonly string[], glob: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return folder.length === 0;
  if (first === '**') return matches(folder, rest) || (folder.length > 0 && matches(folder.slice(1), glob));
  return folder.length > 0 && fits(folder[0]!, first) && matches(folder.slice(1), rest);
}

/** The pieces between stars stand in the name, in order; the first begins it and the last ends it. */
function fits(name: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return name === pattern;
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    const found = i === pieces.length - 1 ? name.length - piece.length : name.indexOf(piece, at);
    if (found < at || (i === 0 && found !== 0) || !name.startsWith(piece, found)) return false;
    at = found + piece.length;
  }
  return true;
}
