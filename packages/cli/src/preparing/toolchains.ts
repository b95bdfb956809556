/** Toolchains below the home folder: what has to be shown of one so that its programs run in a sandbox. Pure. */
import { dirname, join, relative } from 'node:path';
import type { Environment } from '../finding/paths.ts';

interface Toolchain {
  readonly name: string;
  /** Folders it may lie in, from the home folder: a program below one of them is its. */
  readonly at: readonly string[];
  /** What has to be shown, where that is not the folder it was found in. */
  readonly shows?: readonly string[];
  /** The variable its programs find it by, with what it stands for from the home folder. */
  readonly variable?: readonly [name: string, folder: string];
}

const LOCAL = '.local/share';

/** Looked through in this order: the narrower place first. */
const TOOLCHAINS: readonly Toolchain[] = [
  { name: 'nvm', at: ['.nvm'] },
  { name: 'fnm', at: [`${LOCAL}/fnm`, '.fnm'] },
  { name: 'volta', at: ['.volta'], variable: ['VOLTA_HOME', '.volta'] },
  { name: 'pyenv', at: ['.pyenv'], variable: ['PYENV_ROOT', '.pyenv'] },
  // Not all of ~/.cargo: it may hold a registry's token.
  {
    name: 'rustup',
    at: ['.cargo/bin', '.rustup'],
    shows: ['.cargo/bin', '.rustup'],
    variable: ['RUSTUP_HOME', '.rustup'],
  },
  { name: 'sdkman', at: ['.sdkman'], variable: ['SDKMAN_DIR', '.sdkman'] },
  { name: 'mise', at: [`${LOCAL}/mise`], variable: ['MISE_DATA_DIR', `${LOCAL}/mise`] },
  { name: 'asdf', at: ['.asdf'], variable: ['ASDF_DATA_DIR', '.asdf'] },
  { name: 'rbenv', at: ['.rbenv'], variable: ['RBENV_ROOT', '.rbenv'] },
  { name: 'pnpm', at: [`${LOCAL}/pnpm`] },
  { name: 'npm', at: ['.npm-global', '.npm-packages'] },
  { name: 'go', at: ['go/bin'] },
  { name: 'go', at: ['sdk', '.local/go'] },
  { name: 'bun', at: ['.bun/bin'] },
  { name: 'deno', at: ['.deno/bin'] },
  { name: 'dotnet', at: ['.dotnet'], variable: ['DOTNET_ROOT', '.dotnet'] },
  { name: 'pipx', at: [`${LOCAL}/pipx`] },
  { name: 'poetry', at: [`${LOCAL}/pypoetry`] },
  { name: 'uv', at: [`${LOCAL}/uv`] },
];

/** A program on the operator's PATH: where it was found, and what that leads to. */
export interface FoundProgram {
  readonly program: string;
  readonly file: string;
  readonly real: string;
  /** What the folder on PATH leads to. */
  readonly folder: string;
}

export interface Offer {
  readonly name: string;
  /** Absolute folders, to be shown read-only where they lie. */
  readonly folders: readonly string[];
}

/**
 * What to show for a program, whose folder and whose real folder may be two. Without a row in the table it is the
 * folder on PATH, and what a link in it leads to.
 * @param isShowable whether a folder may be shown at all: none that holds keys is offered.
 */
export function offerFor(
  { file, real, folder }: FoundProgram,
  home: string,
  isShowable: (folder: string) => boolean,
): Offer | undefined {
  const rows = [file, real].map((path) => rowOf(path, home));
  const [named, held] = [file, real].map(
    (path, index) => rows[index]?.folders ?? [toolFolder(path, isShowable)],
  );
  // The folder on PATH may be a link of one session, and gone in the next: a sandbox goes by what it leads to.
  const isLink = folder !== dirname(file) && held!.some((one) => isBelow(one, folder));
  const seen = !isLink && named!.every(isShowable) ? named! : [];
  const wanted = withoutInner([...new Set([...seen, ...held!])]).filter((folder) => !isSystem(folder));
  if (wanted.length === 0 || !held!.every(isShowable)) return undefined;
  return { name: rows.find((row) => row !== undefined)?.name ?? dirname(file), folders: wanted };
}

function rowOf(path: string, home: string): Offer | undefined {
  for (const { name, at, shows } of TOOLCHAINS) {
    const folder = at.find((one) => isBelow(join(home, one), path));
    if (folder !== undefined) return { name, folders: (shows ?? [folder]).map((one) => join(home, one)) };
  }
  return undefined;
}

/** `<tool>/bin/x` needs the libraries beside `bin`; a folder of many tools, such as ~/.local/bin, is shown alone. */
function toolFolder(file: string, isShowable: (folder: string) => boolean): string {
  const folder = dirname(file);
  const tool = dirname(folder);
  return folder.endsWith('/bin') && !/\/\.local$/.test(tool) && isShowable(tool) ? tool : folder;
}

const isSystem = (folder: string): boolean => /^\/(?:usr|bin|sbin|lib|lib64|nix\/store)(?:\/|$)/.test(folder);

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}

const withoutInner = (folders: readonly string[]): readonly string[] =>
  folders.filter((folder) => !folders.some((other) => other !== folder && isBelow(other, folder)));

/** Toolchains a home folder may have, for whoever looks which of them are there. */
export const knownFolders = (home: string): readonly Offer[] =>
  TOOLCHAINS.flatMap(({ name, at, shows }) =>
    shows
      ? [{ name, folders: shows.map((one) => join(home, one)) }]
      : at.map((one) => ({ name, folders: [join(home, one)] })),
  );

/** Variables by which programs of a shown toolchain find it: inside, the home is another. */
export function toolchainVariables(
  mounts: readonly string[],
  home: string,
  env: Environment,
): Record<string, string> {
  const found = TOOLCHAINS.flatMap(({ variable }) => {
    if (!variable) return [];
    const [name, folder] = variable;
    const place = env[name] ?? join(home, folder);
    return mounts.some((mount) => isBelow(mount, place)) ? [[name, place] as const] : [];
  });
  return Object.fromEntries(found);
}
