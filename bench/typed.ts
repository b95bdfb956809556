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
const CALLS = 'execve,fork,vfork,clone,clone3';
const TRACED = ['-f', '-qq', '--seccomp-bpf', '-s', '0', '-e', `trace=${CALLS}`];

/** Programs: calls of execve that succeeded. Processes: forks of any kind; a program after a program is no new one. */
export interface Started {
  readonly programs: number;
  readonly processes: number;
}

/** Of a command and all below it, its own first program and process left out; undefined where there is no strace. */
export async function startedBy(
  folder: string,
  run: (under: readonly string[]) => Promise<void>,
): Promise<Started | undefined> {
  if (!existsSync(STRACE)) return undefined;
  const file = join(folder, 'started');
  await run([STRACE, ...TRACED, '-o', file]);
  const { programs, processes } = countStarted(await readFile(file, 'utf8'));
  return { programs: programs - 1, processes };
}

/**
 * One line a call, begun by the caller's number; a call that another's line comes between is told in two: its start
 * ends with `<unfinished ...>`, its end begins with `<... name resumed>`.
 */
export function countStarted(trace: string): Started {
  const begun = new Map<string, string>();
  let [programs, processes] = [0, 0];
  for (const line of trace.split('\n')) {
    const [, pid = '', told = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (told.endsWith('<unfinished ...>')) {
      begun.set(pid, told);
      continue;
    }
    const isEnd = told.startsWith('<... ');
    const whole = isEnd ? `${begun.get(pid) ?? ''}${told}` : told;
    if (isEnd) begun.delete(pid);
    if (/^execve\(/.test(whole) && / = 0$/.test(whole)) programs += 1;
    const isFork = /^(?:v?fork|clone3?)\(/.test(whole) && / = [1-9]\d*$/.test(whole);
    if (isFork && !whole.includes('CLONE_THREAD')) processes += 1;
  }
  return { programs, processes };
}
