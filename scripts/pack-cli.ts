/**
 * `pnpm pack:cli`: the one file users install. Bundles the program, adds what it reads at run time, and packs a
 * staging folder into `swarm-cli-<version>.tgz` at the root. It depends on nothing but the Node it carries.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE } from '../packages/cli/src/running/agent-bundle.ts';

const ROOT = join(import.meta.dirname, '..');

/** From the repository to the place packages/cli/src/places.ts looks in. */
const COPIED: Readonly<Record<string, string>> = {
  'packages/cli/bin/swarm.cjs': 'bin/swarm.cjs',
  'packages/cli/demo': 'demo',
  prompts: 'prompts',
  'infra/prices.json': 'infra/prices.json',
  docs: 'docs',
  'swarm.schema.json': 'swarm.schema.json',
  'README.md': 'README.md',
};

const staging = mkdtempSync(join(tmpdir(), 'swarm-pack-'));
try {
  await bundle(join(staging, 'dist'));
  copyFiles(staging);
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  console.log(join(ROOT, pack(staging)));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/**
 * The program is cut into pieces along its lazy imports, so that help loads what it prints and no more. Agent and
 * bridge run inside the sandbox: one whole file each.
 */
async function bundle(outdir: string): Promise<void> {
  // Only the sources bundle the agent themselves; here it lies ready.
  const shared = { ...BUNDLE, external: ['esbuild'], legalComments: 'none' as const };
  const source = (path: string): string => join(ROOT, 'packages', path);
  await build({ ...shared, entryPoints: { swarm: source('cli/src/main.ts') }, outdir, splitting: true });
  const whole = { 'agent-main': source('cli/src/agent-main.ts'), bridge: source('sandbox/src/bridge.ts') };
  await build({ ...shared, entryPoints: whole, outdir });
}

function copyFiles(folder: string): void {
  for (const [from, to] of Object.entries(COPIED)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(ROOT, from), join(folder, to), { recursive: true });
  }
}

function manifest(): Record<string, unknown> {
  const { version } = readJson('packages/cli/package.json');
  const { optionalDependencies } = readJson('package.json');
  return {
    name: 'swarm-cli',
    version,
    description:
      'Point a fleet of coding agents at a git repository and get back a branch that passes its checks',
    type: 'module',
    bin: { swarm: 'bin/swarm.cjs' },
    engines: { node: '>=16' },
    optionalDependencies,
  };
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>;
}

/** The tarball's name. */
function pack(folder: string): string {
  const args = ['pack', folder, '--pack-destination', ROOT, '--json', '--loglevel=error'];
  const said = execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const told = JSON.parse(said) as { filename: string }[] | Record<string, { filename: string }>;
  return Object.values(told)[0]!.filename;
}
