/** The sources in a folder of their own, with one fault in them. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Patch, type ProductMutant, placesOf } from './mutant.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
/** What the simulator and the unit tests of what is patched are made of. */
const PACKAGES = ['core', 'journal', 'orchestrator', 'mesh', 'testkit'];

export interface Copy {
  /** The root of the copied repository. */
  readonly root: string;
  remove(): void;
}

/** @throws when a patch does not fit in exactly one place. */
export function copyWith(name: string, mutant: ProductMutant): Copy {
  const root = mkdtempSync(join(tmpdir(), 'swarm-mutant-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    for (const owner of PACKAGES) copyPackage(root, owner);
    for (const patch of mutant.patches) apply(root, name, patch);
    return { root, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function copyPackage(root: string, owner: string): void {
  const [from, to] = [join(ROOT, 'packages', owner), join(root, 'packages', owner)];
  mkdirSync(to, { recursive: true });
  for (const part of ['package.json', 'src', 'node_modules'])
    cpSync(join(from, part), join(to, part), { recursive: true, verbatimSymlinks: true });
}

function apply(root: string, name: string, patch: Patch): void {
  const { file, text, at, length } = placeOf(root, name, patch);
  writeFileSync(file, `${text.slice(0, at)}${patch.put}${text.slice(at + length)}`);
}

/** Files of packages a mutant changes, `core/src/fold.ts`. */
export const filesOf = (name: string, { patches }: ProductMutant): readonly string[] =>
  patches.map((patch) => relative(join(ROOT, 'packages'), placeOf(ROOT, name, patch).file));

/** Whether each patch has its one place in the sources as they are; what has not, in words. */
export function misfitsOf(name: string, mutant: ProductMutant): readonly string[] {
  return mutant.patches.flatMap((patch) => {
    try {
      placeOf(ROOT, name, patch);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

function placeOf(root: string, name: string, patch: Patch) {
  const found = sourcesOf(root, patch.in).flatMap(({ file, text }) =>
    placesOf(patch.find, text).map((place) => ({ file, text, ...place })),
  );
  const [place, ...more] = found;
  if (place && more.length === 0) return place;
  throw new Error(
    `mutant ${name}: this stands ${found.length} times in the sources of ${patch.in}, and must stand there once:\n${patch.find}`,
  );
}

interface Source {
  readonly file: string;
  readonly text: string;
}

/** The sources as they are, read once: a copy's change from patch to patch. */
const READ = new Map<string, readonly Source[]>();

function sourcesOf(root: string, owner: string): readonly Source[] {
  const known = root === ROOT ? READ.get(owner) : undefined;
  const sources =
    known ?? productFiles(root, owner).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  if (root === ROOT) READ.set(owner, sources);
  return sources;
}

function productFiles(root: string, owner: string): readonly string[] {
  const folder = join(root, 'packages', owner, 'src');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('testing.ts'))
    .map((name) => join(folder, name));
}
