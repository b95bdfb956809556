/** Processes found by what they carry: the kernel's own list, not anybody's book-keeping. */
import { readdirSync, readFileSync } from 'node:fs';

/** `pid command line` of every other process whose environment or command line names this folder. */
export function markedWith(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => textOf(pid, 'environ').includes(folder) || textOf(pid, 'cmdline').includes(folder))
    .map((pid) => `${pid} ${textOf(pid, 'cmdline').replaceAll('\0', ' ')}`);
}

/** Ends them all, so that a test that failed leaves nothing behind. */
export async function endMarked(folder: string): Promise<void> {
  for (const line of markedWith(folder)) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
