import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHMOD_MS = 60_000;

/** Removes a folder with all in it, read-only folders too: module caches are made so. Links are not followed. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // Whatever hindered the first try is told by the second.
    await run('chmod', ['-R', 'u+rwX', '--', path], { timeout: CHMOD_MS }).catch(() => {});
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}
