/**
 * CPU time of this process and of every process it started. Node tells only its own, so the children's is read from
 * /proc/self/stat (`cutime`, `cstime`, proc(5)), where Linux adds that of each child once it has ended and was
 * waited for: end helpers before reading.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Milliseconds; throws where there is no /proc. */
export function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // The command's name, in parentheses, may hold spaces; cutime and cstime are fields 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const childTicks = Number(fields[13]) + Number(fields[14]);
  return (userCPUTime + systemCPUTime) / 1_000 + (childTicks * 1_000) / TICKS_PER_SECOND;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
