/** Files that say exactly what a project is made of, written by a package manager and believed by it. */

/** Where a rule is, it joins them, proved as a whole; the others only their own tool can join. */
export const LOCKFILES = [
  ...[
    'package-lock.json',
    'npm-shrinkwrap.json',
    'pnpm-lock.yaml',
    'yarn.lock',
    'bun.lock',
    'bun.lockb',
    'deno.lock',
  ],
  ...['Cargo.lock', 'go.mod', 'go.sum', 'go.work.sum', 'Gemfile.lock', 'gems.locked', 'composer.lock'],
  ...['poetry.lock', 'uv.lock', 'pdm.lock', 'pylock.toml', 'Pipfile.lock', 'pixi.lock', 'conda-lock.yml'],
  ...['mix.lock', 'rebar.lock', 'pubspec.lock', 'Podfile.lock', 'Cartfile.resolved', 'Package.resolved'],
  ...[
    'packages.lock.json',
    'paket.lock',
    'gradle.lockfile',
    'flake.lock',
    'cabal.project.freeze',
    'stack.yaml.lock',
  ],
  ...['MODULE.bazel.lock', '.terraform.lock.hcl', 'Manifest.toml', 'cpanfile.snapshot', 'renv.lock'],
] as const;

const MANIFESTS: Readonly<Record<string, string>> = {
  'package-lock.json': 'package.json',
  'npm-shrinkwrap.json': 'package.json',
  'pnpm-lock.yaml': 'package.json',
  'yarn.lock': 'package.json',
  'Cargo.lock': 'Cargo.toml',
};

/** The manifests a lockfile is held against when it is joined; undefined where it is joined without. */
export function manifestOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Object.hasOwn(MANIFESTS, name) ? MANIFESTS[name] : undefined;
}
