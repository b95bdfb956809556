import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { read } from './process-table.ts';

/** Environment variables every process we start carries, and by which its whole tree is found again. */
export const STATE_KEY = 'SWARM_STATE_KEY';
export const TASK_KEY = 'SWARM_TASK_KEY';

/** A process that forks faster than we kill is left after so many rounds; each round kills all it sees. */
const MAX_ROUNDS = 20;
/** What the kernel needs to take a killed process away. */
const ROUND_MS = 5;
const END_LOOKS = 5;

/**
 * Kills every process whose environment carries all of `marks` (`NAME=value`), again and again until none is
 * left, and returns how many it killed. A child that called setsid is found too; one that emptied its own
 * environment is not, which is why only a pid namespace is containment. Spares this process and its
 * ancestors. Needs /proc: elsewhere it finds nothing, and process groups are all there is.
 */
export async function killMarked(marks: readonly string[]): Promise<number> {
  const killed = new Set<number>();
  const spared = await ourselves();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const alive = (await markedPids(marks)).filter((pid) => !spared.has(pid));
    if (alive.length === 0) break;
    for (const pid of alive) if (kill(pid)) killed.add(pid);
    await pause(ROUND_MS);
  }
  return killed.size;
}

/** Sends SIGKILL to a process, or with a negative id to a group. False when it is gone or not ours. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Whether a process has ended, now or within a few milliseconds, whoever may have to ask for its end still. */
export async function hasEnded(pid: number): Promise<boolean> {
  for (let look = 0; isAlive(pid); look += 1) {
    if (look >= END_LOOKS) return false;
    await pause(1);
  }
  return true;
}

/** The name in brackets may hold anything: what follows the last bracket is the state. */
function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
}

async function markedPids(marks: readonly string[]): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map((pid) => isMarked(pid, marks)));
  return pids.filter((_, index) => marked[index]);
}

/** A process that is gone, is a zombie or is another user's reads as unmarked. */
async function isMarked(pid: number, marks: readonly string[]): Promise<boolean> {
  const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  if (environ === '') return false;
  const variables = new Set(environ.split('\0'));
  return marks.every((mark) => variables.has(Buffer.from(mark).toString('latin1')));
}

async function ourselves(): Promise<ReadonlySet<number>> {
  const chain = new Set<number>();
  for (let pid = process.pid; pid > 0 && !chain.has(pid); pid = await parentOf(pid)) chain.add(pid);
  return chain;
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}
