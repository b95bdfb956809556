/** journal.ndjson on a disk. Crash-safe on any file system whose fdatasync keeps its word; not on NFS. */
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { OpenedJournal } from '@swarm/core/ports/journal';
import { type AppendFile, cannotWrite, GroupCommit } from './group-commit.ts';
import { openHeld } from './hold.ts';
import { chunksOf, noJournal, type Recovered, recover } from './recover.ts';

export interface FileJournalOptions {
  /** Make the journal, and its folder, when there is none. An existing one is opened as it stands. */
  readonly create?: boolean;
  /** Stands between the writer and the file: where faults are let in. */
  readonly through?: (file: AppendFile) => AppendFile;
}

/**
 * Opens a journal for appending: reads it whole, cuts a torn last line, and makes what remains durable before
 * anyone acts on it (a killed predecessor may have written lines it never synced). The file itself stays locked until
 * the journal is closed: two writers would glue their lines together.
 *
 * @throws SwarmError SW0104 no journal and not `create`; SW0203 damage; SW0204 another version; SW0501 another process
 *   has it open for appending; SW0701 the file or its folder cannot be opened, made, locked, cut or synced.
 */
export async function openFileJournal(
  path: string,
  options: FileJournalOptions = {},
): Promise<OpenedJournal> {
  const handle = await openOrMake(path, options.create ?? false);
  try {
    const found = await recover(chunksOf(handle), path);
    await settle(handle, found, path);
    const file = options.through?.(appendable(handle)) ?? appendable(handle);
    return {
      journal: new GroupCommit(file, path, { lastSeq: found.entries.length, bytes: found.validBytes }),
      entries: found.entries,
      cutBytes: found.cutBytes,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A look at an open file takes the kernel two microseconds; a hop to another thread for it takes twenty times as long. */
const appendable = (handle: FileHandle): AppendFile => ({
  write: (buffer, offset, length) => handle.write(buffer, offset, length),
  datasync: () => handle.datasync(),
  stat: async () => fstatSync(handle.fd),
  close: () => handle.close(),
});

/** A symbolic link, a pipe or a device in the journal's place is refused: a repository may hold anything. */
async function openOrMake(path: string, create: boolean): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return await openOwn(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asWriteError(path, error);
    if (!create) throw noJournal(path, error);
  }
  try {
    const firstMade = await mkdir(dirname(path), { recursive: true });
    const made = await openOwn(path, flags | constants.O_CREAT);
    await syncFolders(path, firstMade);
    return made;
  } catch (error) {
    throw asWriteError(path, error);
  }
}

/** Opened and locked. */
async function openOwn(path: string, flags: number): Promise<FileHandle> {
  const handle = await openHeld(path, flags, 0o600);
  if (!handle) throw otherWriter(path);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error('it is not a regular file');
}

const otherWriter = (path: string): SwarmError =>
  new SwarmError({
    code: 'SW0501',
    what: 'another process writes this journal',
    where: path,
    why: 'two writers would glue their lines together',
    fix: 'swarm status',
  });

/** A new file is on disk once its folder is, and a new folder once the one above it is. */
async function syncFolders(path: string, firstMade: string | undefined): Promise<void> {
  const last = dirname(firstMade === undefined ? resolve(path) : resolve(firstMade));
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
    if (folder === last) return;
  }
}

async function settle(handle: FileHandle, found: Recovered, path: string): Promise<void> {
  try {
    if (found.cutBytes > 0) await handle.truncate(found.validBytes);
    await handle.datasync();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

const asWriteError = (path: string, error: unknown): SwarmError =>
  error instanceof SwarmError ? error : cannotWrite(path, error);
