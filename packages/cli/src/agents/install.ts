/** Installs an agent from npm for swarm alone: the tried version, without its install scripts, by the Node that runs us. */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PRESETS, type PresetName } from '@swarm/agent';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { findOnPath } from '@swarm/sandbox';
import type { Environment } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import { installText } from '../preparing/installs.ts';
import { installFolder } from './found.ts';

/** Hundreds of megabytes over a slow line. */
const INSTALL_MS = 1_800_000;
const SAID_MAX = 1_000;

/** Installs it, over what may be there. Errors: SW0317 without npm or where npm fails. */
export async function installAgent(
  name: PresetName,
  { nodePath }: Pick<ProgramPlaces, 'nodePath'>,
  env: Environment,
): Promise<string> {
  const preset = PRESETS[name];
  const folder = installFolder(preset, env);
  const making = `${folder}.${process.pid}`;
  const npm = await npmProgram(nodePath, env);
  if (npm === undefined) throw refusal(name, { what: 'there is no npm', fix: installText('npm') });
  try {
    await mkdir(making, { recursive: true, mode: 0o755 });
    const wanted = `${preset.npm.package}@${preset.npm.version}`;
    await run([nodePath, npm, ...ARGUMENTS, '--prefix', making, wanted], making, {
      ...env,
      PATH: `${dirname(nodePath)}:${env.PATH ?? ''}`,
    });
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
    return folder;
  } catch (error) {
    const fix = `swarm doctor --fix-agents ${name}   # once npm reaches its registry`;
    throw refusal(name, { what: 'npm could not install it', why: (error as Error).message, fix });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

const ARGUMENTS = [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--omit=dev',
];

const refusal = (name: PresetName, { what, ...about }: Pick<Problem, 'what' | 'why' | 'fix'>): SwarmError =>
  new SwarmError({ code: 'SW0317', what: `the agent ${name} is not installed: ${what}`, ...about });

/** The file that our own Node runs: an npm of an older Node is started by ours all the same. */
async function npmProgram(nodePath: string, env: Environment): Promise<string | undefined> {
  const beside = join(dirname(nodePath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  if (existsSync(beside)) return beside;
  const onPath = await findOnPath('npm', env.PATH ?? '');
  const real = onPath && realpathSync(onPath);
  return real?.endsWith('.js') ? real : undefined;
}

/** The sandbox's user reads what it writes, whatever the operator's umask is. */
const run = (argv: readonly string[], cwd: string, env: Environment): Promise<void> =>
  new Promise((done, refuse) => {
    const words = ['-c', 'umask 022; exec "$0" "$@"', ...argv];
    execFile(
      '/bin/sh',
      words,
      { cwd, env, timeout: INSTALL_MS, killSignal: 'SIGKILL' },
      (error, _, stderr) =>
        error ? refuse(new Error(stderr.trim().slice(-SAID_MAX) || error.message)) : done(),
    ).stdin?.end();
  });
