/**
 * What `ps` tells on every Unix (POSIX, and `e` of BSD and procps for the environment). It is a program, so that it is
 * asked seldom. Its memory is all of a process's, shared pages in full: never too little. Of files without a name it tells
 * nothing.
 */
import { execFileSync } from 'node:child_process';
import type { MemoryUse, Platform } from './platform.ts';

const LOOK_EVERY_MS = 1_000;
const PS_MS = 10_000;
const PS_BYTES = 64 * 1024 * 1024;

interface Told {
  readonly parent: number;
  readonly state: string;
  readonly bytes: number;
}

/** Several questions of one look are answered by one `ps`. */
const FRESH_MS = 100;
let latest: { readonly at: number; readonly told: ReadonlyMap<number, Told> } | undefined;

export const portable: Platform = {
  lookEveryMs: LOOK_EVERY_MS,
  processes: () => new Map([...all()].map(([pid, { parent }]) => [pid, parent])),
  /** macOS gives a process its session before it is there for anybody: posix_spawn, POSIX_SPAWN_SETSID. */
  hasBegun: () => true,
  sessionYields: () => true,
  isAlive(pid) {
    const state = ps(['-o', 'state=', '-p', String(pid)]).trim();
    return state !== '' && !/^[ZX]/.test(state);
  },
  isMarked: (pid, marks) => withMarks(ps(['eww', '-o', 'pid=,args=', '-p', String(pid)]), marks).length > 0,
  marked,
  // One look for all: a fork bomb brings thousands at once.
  markedOf(pids, marks) {
    const all = new Set(pids.length > 0 ? marked(marks) : []);
    return pids.filter((pid) => all.has(pid));
  },
  named: (word) => linesWith(ps(['-A', '-ww', '-o', 'pid=,args=']), [word]),
  told: () => '',
  memoryAtMost: memoryOf,
  memoryShare: memoryOf,
  nameless: () => ({ memory: 0, disk: 0 }),
  filesInMemory: () => 0,
};

function marked(marks: readonly string[]): number[] {
  return withMarks(ps(['axeww', '-o', 'pid=,args=']), marks);
}

function all(): ReadonlyMap<number, Told> {
  const now = performance.now();
  if (latest && now - latest.at < FRESH_MS) return latest.told;
  const lines = ps(['-A', '-o', 'pid=,ppid=,state=,rss=']).trim().split('\n');
  const told = new Map<number, Told>();
  for (const line of lines) {
    const [pid, parent, state = '', kilobytes] = line.trim().split(/\s+/);
    told.set(Number(pid), { parent: Number(parent), state, bytes: Number(kilobytes) * 1_024 });
  }
  latest = { at: now, told };
  return told;
}

function memoryOf(pid: number): MemoryUse {
  return { own: all().get(pid)?.bytes ?? 0, shared: 0 };
}

/**
 * Arguments and environment stand in one line, so that a process is taken for marked too when its arguments hold the mark:
 * marks are long and drawn by chance, and nobody but a command of ours is given one.
 */
function withMarks(text: string, marks: readonly string[]): number[] {
  return linesWith(
    text,
    marks.map((mark) => ` ${mark} `),
  );
}

const linesWith = (text: string, words: readonly string[]): number[] =>
  text
    .split('\n')
    .filter((line) => words.every((word) => `${line} `.includes(word)))
    .map((line) => Number.parseInt(line, 10));

/** Empty where it finds nobody. */
function ps(args: readonly string[]): string {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  try {
    return execFileSync('ps', args, { env, stdio, timeout: PS_MS, maxBuffer: PS_BYTES, encoding: 'latin1' });
  } catch (error) {
    const { status, signal } = error as { readonly status?: number; readonly signal?: string };
    if (status === 1) return '';
    // A Ctrl-C is for all of our group, and it is in it: it only looks, so that it can look again.
    if (signal === 'SIGINT') return ps(args);
    throw error;
  }
}
