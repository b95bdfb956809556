/** Reads the handoff an agent left in a file. The file is the agent's: any kind, any size, any bytes. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { HandoffClaim } from '@swarm/core';
import { parseClaim } from '../tools/handoff.ts';

/** Read before anything is parsed: parsing a huge text stops the whole process for as long as it takes. */
export const HANDOFF_FILE_MAX_BYTES = 256 * 1024;

/** @returns undefined when there is no such file; a problem, as a sentence, when it is no handoff. */
export function readHandoffFile(path: string): HandoffClaim | { readonly problem: string } | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { problem: `it cannot be opened (${code})` };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { problem: 'it is not a regular file' };
    if (stat.size > HANDOFF_FILE_MAX_BYTES) {
      return { problem: `it has ${stat.size} bytes, more than ${HANDOFF_FILE_MAX_BYTES}` };
    }
    const bytes = Buffer.alloc(HANDOFF_FILE_MAX_BYTES);
    return parseClaim(bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)));
  } catch (error) {
    return { problem: `it cannot be read (${(error as NodeJS.ErrnoException).code})` };
  } finally {
    closeSync(fd);
  }
}
