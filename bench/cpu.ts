/**
 * CPU time of this process and of every process it started. Node tells only its own. Of children that have ended
 * Linux keeps the sum (`cutime`, `cstime` in /proc/self/stat); of those that live, each its own (/proc/<pid>/schedstat).
 * A child that ends moves from one to the other, so differences hold across it. Grandchildren count once waited for.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds; throws where there is no /proc. */
export function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const ended = statOf('self');
  return (userCPUTime + systemCPUTime) / 1_000 + ended.childrenMs + livingChildrenMs();
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function statOf(pid: string) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field, a name in parentheses, may hold spaces. The fourth is the parent, 16 and 17 cutime and cstime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[13]) + Number(fields[14]);
  return { parent: Number(fields[1]), childrenMs: (ticks * 1_000) / TICKS_PER_SECOND };
}

function livingChildrenMs(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + (livingMs(pid) ?? 0), 0);
}

/** Undefined for one that is not ours, or gone by now. */
function livingMs(pid: string): number | undefined {
  try {
    if (statOf(pid).parent !== process.pid) return undefined;
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return undefined;
  }
}
