import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { entries, entry, refusedWith } from './contract.ts';
import { encodeEntry } from './entry.ts';
import { openFileJournal } from './file-journal.ts';
import type { AppendFile } from './group-commit.ts';
import { readJournal } from './recover.ts';

const folder = await mkdtemp(join(tmpdir(), 'swarm-file-journal-'));
after(() => rm(folder, { recursive: true }));
let made = 0;
const freshPath = (): string => join(folder, `${++made}`, 'journal.ndjson');

describe('opening a journal file', () => {
  it('refuses with SW0104 when there is none', async () => {
    await refusedWith('SW0104', openFileJournal(freshPath()));
    await refusedWith('SW0104', readJournal(freshPath()));
  });

  it('makes it and its folder when asked, readable by its owner alone', async () => {
    const path = freshPath();
    await (await openFileJournal(path, { create: true })).journal.close();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('does not follow a link and does not open what is no file', async () => {
    const path = freshPath();
    await (await openFileJournal(path, { create: true })).journal.close();
    await symlink(path, `${path}.link`);
    await refusedWith('SW0701', openFileJournal(`${path}.link`, { create: true }));
    execFileSync('mkfifo', [`${path}.pipe`]);
    await refusedWith('SW0701', openFileJournal(`${path}.pipe`, { create: true }));
  });
});

describe('reading a journal that another process is writing', () => {
  it('leaves its half line alone and tells it', async () => {
    const path = freshPath();
    const { journal } = await openFileJournal(path, { create: true });
    await journal.append(entries(1, 2));
    await appendFile(path, encodeEntry(entry(3)).subarray(0, 30));
    const before = await readFile(path);
    const read = await readJournal(path);
    assert.deepEqual([read.entries, read.cutBytes], [entries(1, 2), 30]);
    assert.deepEqual(await readFile(path), before);
    await journal.close();
  });
});

describe('a sync', () => {
  it('is shared by all calls that came while the one before it was under way', async () => {
    const gate = new Gate();
    let syncs = 0;
    const through = (file: AppendFile): AppendFile => ({
      write: (b, o, n) => file.write(b, o, n),
      datasync: async () => {
        if (++syncs === 1) await gate.opened;
        await file.datasync();
      },
      stat: () => file.stat(),
      close: () => file.close(),
    });
    const { journal } = await openFileJournal(freshPath(), { create: true, through });
    const first = journal.append([entry(1)]);
    await turnOfTheLoop();
    const burst = entries(2, 65).map((e) => journal.append([e]));
    gate.open();
    await Promise.all([first, ...burst]);
    assert.equal(syncs, 2);
    await journal.close();
  });

  it('that fails is never tried again: the journal is poisoned', async () => {
    let syncs = 0;
    const through = (file: AppendFile): AppendFile => ({
      write: (b, o, n) => file.write(b, o, n),
      datasync: async () => {
        syncs++;
        throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      },
      stat: () => file.stat(),
      close: () => file.close(),
    });
    const { journal } = await openFileJournal(freshPath(), { create: true, through });
    const first = await refusedWith('SW0701', journal.append([entry(1)]));
    const second = await refusedWith('SW0701', journal.append([entry(2)]));
    assert.equal(first, second);
    assert.equal(syncs, 1);
    await journal.close();
  });
});

describe('a disk that is really full', { skip: process.getuid?.() !== 0 && 'mounting needs root' }, () => {
  it('keeps every acknowledged entry, and no half of another after opening again', async () => {
    const mount = await mkdtemp(join(folder, 'tmpfs-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]);
    try {
      const path = join(mount, 'journal.ndjson');
      const { journal } = await openFileJournal(path, { create: true });
      let acknowledged = 0;
      const error = await refusedWith(
        'SW0701',
        (async () => {
          for (let seq = 1; ; seq++) {
            await journal.append([entry(seq, 'x'.repeat(900))]);
            acknowledged = seq;
          }
        })(),
      );
      assert.match(error.message, /ENOSPC/);
      await journal.close();
      const again = await openFileJournal(path);
      assert.deepEqual(
        again.entries,
        entries(1, acknowledged).map((e) => entry(e.seq, 'x'.repeat(900))),
      );
      assert.ok(again.cutBytes > 0);
      await again.journal.close();
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});

describe('a writer killed with kill -9', () => {
  it('has kept every entry it was told is durable', async () => {
    const path = freshPath();
    const script = join(folder, 'writer.ts');
    await writeFile(script, WRITER);
    const child = spawn(process.execPath, ['--conditions=swarm-src', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged = await lastWordBeforeKill(child, 200);
    const { entries: found, journal } = await openFileJournal(path);
    assert.ok(found.length >= acknowledged, `${found.length} of ${acknowledged}`);
    assert.deepEqual(found, entries(1, found.length));
    await journal.close();
  });
});

/** Appends for ever and prints each number once it is durable. */
const WRITER = `
import { openFileJournal } from ${JSON.stringify(new URL('./file-journal.ts', import.meta.url).href)};
import { entry } from ${JSON.stringify(new URL('./contract.ts', import.meta.url).href)};
const { journal } = await openFileJournal(process.argv[2], { create: true });
for (let seq = 1; ; seq++) {
  await journal.append([entry(seq)]);
  process.stdout.write(seq + '\\n');
}
`;

function lastWordBeforeKill(child: ChildProcess, after: number): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout!.on('data', (piece) => {
      text += piece;
      if (Number(text.split('\n').at(-2)) >= after) child.kill('SIGKILL');
    });
    child.on('close', () => resolve(Number(text.split('\n').at(-2))));
  });
}

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
