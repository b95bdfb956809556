/** The home folder that setup left: package stores, toolchains a package manager fetched for itself, caches. */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyAll } from './environment-copy.ts';
import { removeTree } from './remove-tree.ts';

/** Where programs keep what opens other doors. Setup may have needed them; nobody after it does. */
const CREDENTIALS = [
  ...[
    '.npmrc',
    '.yarnrc.yml',
    '.yarnrc',
    '.netrc',
    '.git-credentials',
    '.gitconfig',
    '.pypirc',
    '.ssh',
    '.aws',
  ],
  ...['.docker', '.gnupg', '.kube', '.config/gh', '.config/git', '.config/gcloud', '.config/pip', '.pip'],
  ...['.config/composer/auth.json', '.composer/auth.json', '.config/pypoetry/auth.toml', '.config/uv'],
  ...['.cargo/credentials', '.cargo/credentials.toml', '.m2/settings.xml', '.m2/settings-security.xml'],
  ...['.gem/credentials', '.bundle/config', '.gradle/gradle.properties', '.nuget/NuGet/NuGet.Config'],
  ...['.local/share/pypoetry', '.npm/_logs', '.bash_history'],
];

/** Stores of package managers: what they hold, the work tree holds unpacked already. */
const STORES = [
  ...[
    '.npm/_cacache',
    '.local/share/pnpm/store',
    '.cache/yarn',
    '.cache/pip',
    '.cache/uv',
    '.cache/node-gyp',
  ],
  ...['.bun/install/cache', '.composer/cache', '.cache/composer'],
];

export async function withoutCredentials(home: string): Promise<void> {
  for (const path of CREDENTIALS) await removeTree(join(home, path));
}

/**
 * A store up to this size is copied with the home, for a gate that installs, runs or packs something of it. A larger one
 * would double what every workspace takes, for what hardly any gate asks for.
 */
export const STORE_MAX_BYTES = 256 * 1024 * 1024;

/** Stores too large to be copied into every workspace. */
export async function largeStores(home: string, mostBytes = STORE_MAX_BYTES): Promise<readonly string[]> {
  const sizes = await Promise.all(STORES.map((store) => sizeUpTo(join(home, store), mostBytes)));
  return STORES.filter((_, index) => sizes[index]! > mostBytes);
}

/** Bytes below a folder; counting ends past `most`. Symlinks are not followed. */
async function sizeUpTo(folder: string, most: number): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (bytes > most) break;
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await sizeUpTo(path, most - bytes) : (await lstat(path)).size;
  }
  return bytes;
}

/** @param left stores that are left out: none for a setup that has to do without the network. */
export const copyHome = (from: string, to: string, left: readonly string[]): Promise<void> =>
  copyBut(from, to, left);

async function copyBut(from: string, to: string, left: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => !left.includes(name));
  const below = (name: string): string[] =>
    left.filter((path) => path.startsWith(`${name}/`)).map((path) => path.slice(name.length + 1));
  const whole = names.filter((name) => below(name).length === 0);
  await copyAll(
    whole.map((name) => join(from, name)),
    to,
  );
  for (const name of names.filter((found) => below(found).length > 0)) {
    await copyBut(join(from, name), join(to, name), below(name));
  }
}
