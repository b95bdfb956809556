/** The program as it is installed, started as a user starts it, in a home of its own; what it and all it starts use. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleProgram } from '../scripts/bundle.ts';
import { cpuMs } from './cpu.ts';
import { git, IDENTITY } from './landing-repo.ts';

export interface Used {
  readonly seconds: number;
  readonly cpuMs: number;
}

/** Of a command and of everything it waited for. Throws with its words when it fails. */
export async function measured(work: () => Promise<void>): Promise<Used> {
  const before = { cpu: cpuMs(), at: performance.now() };
  await work();
  return { seconds: (performance.now() - before.at) / 1_000, cpuMs: cpuMs() - before.cpu };
}

/** Bundled once; returns the file that Node is started with. */
export async function installed(folder: string): Promise<string> {
  await bundleProgram(folder);
  await writeFile(join(folder, 'package.json'), '{"name":"swarm-cli","version":"0.0.0","type":"module"}');
  return join(folder, 'bin/swarm.cjs');
}

/** A user's clone of `origin`, and a home in which nothing was done yet. */
export async function userAt(folder: string, origin: string) {
  const repository = join(folder, 'repository');
  await git('/', ['clone', '--quiet', origin, repository]);
  await git(repository, ['config', 'user.name', IDENTITY.name]);
  await git(repository, ['config', 'user.email', IDENTITY.email]);
  const home = join(folder, 'home');
  const runtime = join(folder, 'runtime');
  await mkdir(home, { recursive: true });
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  const env = { PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: runtime };
  return { repository, env };
}

export type User = Awaited<ReturnType<typeof userAt>>;

/** @param under what it is started under, such as strace. */
export async function type(
  { repository, env }: User,
  main: string,
  words: readonly string[],
  under: readonly string[] = [],
): Promise<void> {
  const [program = '', ...args] = [...under, process.execPath, main, ...words];
  const child = spawn(program, args, { cwd: repository, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`swarm ${words.join(' ')} ended with ${code}:\n${said}`);
}

const STRACE = '/usr/bin/strace';
const TRACED = ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=execve'];

/** Programs started, its own among them; undefined where there is no strace. Slows everything down. */
export async function programsStarted(
  folder: string,
  user: User,
  main: string,
  words: readonly string[],
): Promise<number | undefined> {
  if (!existsSync(STRACE)) return undefined;
  const file = join(folder, 'started');
  await type(user, main, words, [STRACE, ...TRACED, '-o', file]);
  return (await readFile(file, 'utf8')).split('\n').filter((line) => /execve\(.* = 0$/.test(line)).length;
}
