/**
 * `pnpm pack:cli`: the one file users install. Bundles the program, adds what it reads at run time, and packs a
 * staging folder into `swarm-cli-<version>.tgz` at the root. It depends on nothing but the Node it carries.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');

const staging = mkdtempSync(join(tmpdir(), 'swarm-pack-'));
try {
  await bundleProgram(staging);
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  console.log(join(ROOT, pack(staging)));
} finally {
  rmSync(staging, { recursive: true, force: true });
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
