import { setTimeout as pause } from 'node:timers/promises';
import { platform } from './platform/here.ts';
import { processTable, withAncestors, withDescendants } from './process-table.ts';

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
 * environment is not, which is why only a pid namespace is containment. Spares this process and its ancestors.
 */
export async function killMarked(marks: readonly string[]): Promise<number> {
  const killed = new Set<number>();
  const spared = withAncestors(platform.processes(), process.pid);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const alive = platform.marked(marks).filter((pid) => !spared.has(pid));
    if (alive.length === 0) break;
    for (const pid of alive) if (kill(pid)) killed.add(pid);
    await pause(ROUND_MS);
  }
  return killed.size;
}

/**
 * Kills every process that has `word` in its command line, and all below it. Returns how many.
 * @param word nobody else's: the name of a container.
 */
export function killNamed(word: string): number {
  const table = processTable();
  const spared = new Set([process.pid, process.ppid]);
  return [...withDescendants(table, platform.named(word))].filter((pid) => !spared.has(pid) && kill(pid))
    .length;
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
  for (let look = 0; platform.isAlive(pid); look += 1) {
    if (look >= END_LOOKS) return false;
    await pause(1);
  }
  return true;
}
