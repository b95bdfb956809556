import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type JournalPlace, journalContract } from './contract.ts';
import { openFileJournal } from './file-journal.ts';
import type { AppendFile } from './group-commit.ts';
import { MemoryFile, openMemoryJournal } from './memory-journal.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

journalContract('a file journal', async (): Promise<JournalPlace> => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-journal-'));
  folders.push(folder);
  const path = join(folder, 'runs', 'r-20261121-abcd', 'journal.ndjson');
  let capacity = Number.POSITIVE_INFINITY;
  let counts = { writes: 0, syncs: 0 };
  return {
    open: () => {
      counts = { writes: 0, syncs: 0 };
      return openFileJournal(path, {
        create: true,
        through: (file) => counted(file, counts, path, () => capacity),
      });
    },
    bytes: () => readFile(path),
    set: (bytes) => writeFile(path, bytes),
    limit: (bytes) => {
      capacity = bytes;
    },
    counts: () => ({ ...counts }),
  };
});

journalContract('its twin in memory', async (): Promise<JournalPlace> => {
  let file = new MemoryFile();
  let capacity = Number.POSITIVE_INFINITY;
  return {
    open: async () => {
      file = new MemoryFile(file.bytes, { capacity });
      const opened = await openMemoryJournal(file);
      file.writes = 0;
      file.syncs = 0;
      return opened;
    },
    bytes: async () => file.bytes,
    set: async (bytes) => {
      file = new MemoryFile(bytes);
    },
    limit: (bytes) => {
      capacity = bytes;
    },
    counts: () => ({ writes: file.writes, syncs: file.syncs }),
  };
});

/** The real file on a disk of a given size, its calls counted. */
function counted(
  file: AppendFile,
  counts: { writes: number; syncs: number },
  path: string,
  capacity: () => number,
): AppendFile {
  return {
    write: async (buffer, offset, length) => {
      const room = capacity() - (await readFile(path)).length;
      if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      counts.writes++;
      return await file.write(buffer, offset, Math.min(length, room));
    },
    datasync: async () => {
      counts.syncs++;
      await file.datasync();
    },
    stat: () => file.stat(),
    close: () => file.close(),
  };
}
