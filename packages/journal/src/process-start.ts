/** When a process began: with its number it names one process, and never the next that is given the same number. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isPortable } from './portable.ts';

/** Which boot, and how many ticks after it; elsewhere what `ps` says. Undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    return isPortable ? await fromPs(pid) : await fromProc(pid);
  } catch {
    return undefined;
  }
}

async function fromProc(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  // The name stands in brackets and may hold blanks and brackets of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[STARTED_AT]];
  // A zombie holds nothing any more.
  return state === 'Z' || !ticks ? undefined : `${boot.trim()}:${ticks}`;
}

/** `starttime`, the 22nd field of all; the first two are cut off. */
const STARTED_AT = 19;

async function fromPs(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state, ...started] = stdout.trim().split(/\s+/);
  // A zombie holds nothing any more.
  return state === undefined || state.startsWith('Z') ? undefined : started.join(' ') || undefined;
}
