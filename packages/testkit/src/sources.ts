/** The sources of every package as facts: whose file it is, what it imports, and where each import leads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

export const PACKAGES = join(import.meta.dirname, '..', '..');

export interface Source {
  /** Relative to packages/, with `/`. */
  readonly file: string;
  readonly owner: string;
  /** Tests, and the helpers only tests import, may use what the product may not. */
  readonly isTest: boolean;
  readonly text: string;
  readonly imports: readonly string[];
}

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, { readonly 'swarm-src'?: string } | null>>;
}

export const readSources = (): readonly Source[] =>
  readdirSync(PACKAGES).flatMap((owner) =>
    ['src', 'test', 'golden'].flatMap((folder) => sourcesIn(join(PACKAGES, owner, folder), owner)),
  );

export const readManifest = (owner: string): Manifest =>
  JSON.parse(readFileSync(join(PACKAGES, owner, 'package.json'), 'utf8')) as Manifest;

function sourcesIn(folder: string, owner: string): Source[] {
  return entriesOf(folder).map((name) => {
    const file = relative(PACKAGES, join(folder, name)).split(sep).join('/');
    return sourceOf(file, owner, readFileSync(join(folder, name), 'utf8'));
  });
}

export function sourceOf(file: string, owner: string, text: string): Source {
  const isTest =
    !file.startsWith(`${owner}/src/`) ||
    /(^|\/)(testing|contract|golden|example)\.ts$|\.test\.ts$/.test(file);
  return { file, owner, isTest, text, imports: importsOf(text) };
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Static imports, re-exports, dynamic imports, types in `import('…')`. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"\n]+)\1/g)].map((match) => match[2]!);
}

export const ourPackage = (specifier: string): string | undefined => /^@swarm\/([^/]+)/.exec(specifier)?.[1];

/**
 * The file of ours an import leads to, relative to packages/; undefined for what is not ours.
 * @param manifestOf gives the package.json of one of our packages.
 */
export function leadsTo(
  from: string,
  specifier: string,
  manifestOf: (owner: string) => Manifest,
): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const owner = ourPackage(specifier);
  if (owner === undefined) return undefined;
  const room = `.${specifier.slice(`@swarm/${owner}`.length)}`;
  for (const [pattern, conditions] of Object.entries(manifestOf(owner).exports ?? {})) {
    const target = conditions?.['swarm-src'];
    const [before, after] = pattern.split('*') as [string, string | undefined];
    const isMatch = after === undefined ? room === pattern : room.startsWith(before) && room.endsWith(after);
    const star = after === undefined ? '' : room.slice(before.length, room.length - after.length);
    if (isMatch && target) return posix.join(owner, target.replace('*', star));
  }
  return `${owner}: nothing is exported as ${room}`;
}
