/** The home folder that setup left: package stores, toolchains a package manager fetched for itself, caches. */
import { mkdir, readdir } from 'node:fs/promises';
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

/** What the work tree holds unpacked already: a second copy of it in every workspace would double what a run takes. */
const UNPACKED = [
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

/** @param isWhole with the package stores, for a setup that has to do without the network. */
export async function copyHome(from: string, to: string, isWhole: boolean): Promise<void> {
  await copyBut(from, to, isWhole ? [] : UNPACKED);
}

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
