/**
 * Files that git-lfs keeps are pointers in git. No git-lfs runs in a workspace, so that what an agent writes at such a
 * path would be committed as it is: a large file in every later clone, which git-lfs then tells as damaged.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeFile, inOrder, lfsIn, translated } from './attributes.ts';
import { writeAttributes } from './bare.ts';
import type { HubContext } from './context.ts';
import { type RawChange, shown } from './path-lint.ts';

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: shorter than this, and begins with one of these. */
const POINTER_BYTES_MAX = 1_024;
const POINTER = /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\//;
const NAME = /(?:^|\/)\.gitattributes$/;

type Inside = Pick<HubContext, 'git' | 'hub' | 'objects' | 'attributesAtBase'>;

/**
 * Why a change is refused that puts content where `.gitattributes` wants a pointer, by the base and by what the change
 * itself makes of them; undefined when it does not. A file that was no pointer before may stay what it is.
 * @param inside a quarantine: its own attributes are written anew.
 */
export async function contentForPointer(
  inside: Inside,
  changes: readonly RawChange[],
): Promise<string | undefined> {
  const lines = (await attributesAfter(inside, changes)).flatMap(({ folder, text }) =>
    translated(folder, text, lfsIn),
  );
  const files = changes.filter(({ newMode }) => isFile(newMode));
  if (files.length === 0 || !lines.some((line) => line.endsWith(' filter=lfs'))) return undefined;
  await mkdir(join(inside.hub.gitDir, 'info'), { recursive: true });
  await writeAttributes(inside.hub.gitDir, `${lines.join('\n')}\n`);
  for (const file of await keptByLfs(inside, files)) {
    if (await isPointer(inside, file.newId)) continue;
    if (isFile(file.oldMode) && !(await isPointer(inside, file.oldId))) continue;
    return `${shown(file.path)} is kept by git-lfs, and its content stands where a pointer belongs: no git-lfs runs in a workspace (where it does: git add --renormalize, and commit)`;
  }
  return undefined;
}

const isFile = (mode: string): boolean => mode.startsWith('100');

async function attributesAfter(
  { objects, attributesAtBase }: Inside,
  changes: readonly RawChange[],
): Promise<readonly AttributeFile[]> {
  const changed = changes.filter(({ path }) => NAME.test(path.toString()));
  if (changed.length === 0) return attributesAtBase;
  const folderOf = ({ path }: RawChange) => path.toString().replace(/\.gitattributes$/, '');
  const now = changed.filter(({ newMode }) => isFile(newMode));
  const bodies = await objects.contents(now.map(({ newId }) => newId));
  const theirs = now.map((file, i) => ({ folder: folderOf(file), text: bodies[i]!.body.toString() }));
  const replaced = new Set(changed.map(folderOf));
  return inOrder([...attributesAtBase.filter(({ folder }) => !replaced.has(folder)), ...theirs]);
}

async function keptByLfs({ git, hub }: Inside, files: readonly RawChange[]): Promise<readonly RawChange[]> {
  const stdin = Buffer.concat(files.flatMap(({ path }) => [path, Buffer.of(0)]));
  const { stdout } = await git.run(hub, 'check-attr', ['-z', '--stdin', 'filter'], { stdin });
  // Path, attribute and value, each ended by a NUL, in the order asked.
  const told = stdout.toString('latin1').split('\0');
  return files.filter((_, i) => told[3 * i + 2] === 'lfs');
}

/** An empty file is one to git-lfs too. */
async function isPointer({ objects }: Inside, blob: string): Promise<boolean> {
  const [object] = await objects.contents([blob]);
  const body = object!.body;
  return body.length === 0 || (body.length < POINTER_BYTES_MAX && POINTER.test(body.toString('latin1')));
}
