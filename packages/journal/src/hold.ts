/**
 * The kernel's own lock on an open file or folder (flock). It belongs to the open file, so it holds for every process of
 * this kernel that opens the same file, in whatever network or process namespace and under whatever path; the kernel
 * frees it when the file is closed or its process dies, however it dies.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';

/** Where `flock` is a flag of opening (macOS, BSD): Node knows no name for it. */
const O_EXLOCK = 0x20;

/**
 * Opens and locks, and waits for nobody: undefined when somebody else holds it.
 * @throws whatever opening throws; SwarmError SW0701 when no lock can be had at all.
 */
export async function openHeld(path: string, flags: number, mode?: number): Promise<FileHandle | undefined> {
  return process.platform === 'linux'
    ? lockOpened(await open(path, flags, mode), path)
    : openLocking(path, flags, mode);
}

async function openLocking(path: string, flags: number, mode?: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags | O_EXLOCK | constants.O_NONBLOCK, mode);
  } catch (error) {
    if (['EAGAIN', 'EWOULDBLOCK'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function lockOpened(handle: FileHandle, path: string): Promise<FileHandle | undefined> {
  try {
    if (await lock(handle.fd, path)) return handle;
    await handle.close();
    return undefined;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Node has no flock. The program of that name locks what we opened, by the descriptor it inherits; the lock stays when
 * it ends, because the open file is still ours.
 */
function lock(fd: number, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-x', '3'], {
      // A Ctrl-C at the terminal is not for it.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', fd],
    });
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      said += piece.slice(0, 1_000);
    });
    child.once('error', (error) => reject(cannotHold(path, error.message, error)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(true);
      else if (code === 1 && said === '') resolve(false);
      else reject(cannotHold(path, said.trim() || `flock ended with ${code ?? signal}`));
    });
  });
}

function cannotHold(path: string, why: string, cause?: unknown): SwarmError {
  const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  return new SwarmError(
    {
      code: 'SW0701',
      what: `${path} cannot be locked: ${isMissing ? 'the program flock is not installed' : why}`,
      where: path,
      why: 'without the lock two orchestrators could write to it at the same time',
      fix: isMissing ? 'apt-get install util-linux' : `flock --nonblock ${path} true`,
    },
    { cause },
  );
}
