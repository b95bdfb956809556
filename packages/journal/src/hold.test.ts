/** What a lock by name cannot see: another network namespace, another path, another process on the same journal. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { entries, entry, refusedWith } from './contract.ts';
import { encodeEntry } from './entry.ts';
import { openFileJournal } from './file-journal.ts';
import { acquireLock, type LockAsk } from './lock.ts';
import { isThere } from './lock-holder.ts';
import { isPortable } from './portable.ts';
import { processStart } from './process-start.ts';

const folder = await mkdtemp(join(tmpdir(), 'swarm-hold-'));
const children: ChildProcess[] = [];
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

let made = 0;
async function freshFolder(): Promise<string> {
  const path = join(folder, `${++made}`);
  await mkdir(path);
  return path;
}

/** A way into another network namespace, where this machine has one. */
const UNSHARE = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
].find(([program, ...words]) => spawnSync(program!, [...words, 'true']).status === 0);
const otherNetwork = { skip: UNSHARE ? false : 'unshare makes no network namespace here' } as const;

const askFor = (repository: string, folders: readonly string[]): LockAsk => ({
  key: repository,
  about: { pid: process.pid, since: 1, run: 'r-20261121-k3f7' as RunId },
  infoFile: join(folder, `${repository.replaceAll('/', '-')}.json`),
  folders,
});

describe('the lock of a repository', () => {
  it(
    'keeps out a process of another network namespace, which no socket of ours reaches',
    otherNetwork,
    async () => {
      const repository = await freshFolder();
      const child = await running(lockCode(askFor(repository, [repository])), UNSHARE);
      const answer = await acquireLock(askFor(repository, [repository]));
      assert.equal(answer.kind, 'held');
      assert.equal(answer.kind === 'held' && answer.by?.run, 'r-20261121-k3f7');
      await killed(child);
      const free = await acquireLock(askFor(repository, [repository]));
      assert.ok(free.kind === 'lock', 'free at once after kill -9');
      await free.release();
    },
  );

  it('would let that process in by the socket alone', otherNetwork, async () => {
    const repository = await freshFolder();
    const child = await running(lockCode(askFor(repository, [])), UNSHARE);
    const second = await acquireLock(askFor(repository, []));
    assert.equal(second.kind, isPortable ? 'held' : 'lock');
    if (second.kind === 'lock') await second.release();
    await killed(child);
  });

  it('goes with a repository that is moved', async () => {
    const before = await freshFolder();
    const lock = await acquireLock(askFor(before, [before]));
    assert.ok(lock.kind === 'lock');
    const moved = `${before}-moved`;
    await rename(before, moved);
    assert.equal((await acquireLock(askFor(moved, [moved]))).kind, 'held');
    await lock.release();
    const free = await acquireLock(askFor(moved, [moved]));
    assert.ok(free.kind === 'lock');
    await free.release();
  });
});

describe('a journal that is open for appending', () => {
  it('is refused to every other writer, and free once it is closed', async () => {
    const path = join(await freshFolder(), 'journal.ndjson');
    const { journal } = await openFileJournal(path, { create: true });
    await refusedWith('SW0501', openFileJournal(path));
    await journal.close();
    await (await openFileJournal(path)).journal.close();
  });

  it('is refused across network namespaces and under another path', otherNetwork, async () => {
    const path = join(await freshFolder(), 'run', 'journal.ndjson');
    const child = await running(journalCode(path), UNSHARE);
    await refusedWith('SW0501', openFileJournal(path));
    await rename(dirname(path), `${dirname(path)}-moved`);
    await refusedWith('SW0501', openFileJournal(join(`${dirname(path)}-moved`, 'journal.ndjson')));
    await killed(child);
    await (await openFileJournal(join(`${dirname(path)}-moved`, 'journal.ndjson'))).journal.close();
  });

  it('takes no further line after one that somebody else wrote', async () => {
    const path = join(await freshFolder(), 'journal.ndjson');
    const { journal } = await openFileJournal(path, { create: true });
    await journal.append(entries(1, 2));
    appendFileSync(path, encodeEntry(entry(3)));
    const before = await readFile(path);
    await refusedWith('SW0701', journal.append([entry(3)]));
    assert.deepEqual(await readFile(path), before);
    await journal.close();
  });

  it('fails the next append when it was removed, and its closing when there is none', async () => {
    const path = join(await freshFolder(), 'journal.ndjson');
    const { journal } = await openFileJournal(path, { create: true });
    await journal.append([entry(1)]);
    await rm(path);
    await refusedWith('SW0701', journal.append([entry(2)]));
    await journal.close();
    const other = await openFileJournal(path, { create: true });
    await other.journal.append([entry(1)]);
    await rm(path);
    await refusedWith('SW0701', other.journal.close());
  });
});

describe('the process a lock tells of', () => {
  it('is known by its start too: another one with the same number is not it', async () => {
    const started = (await processStart(process.pid))!;
    assert.equal(await isThere({ pid: process.pid, started }), true);
    assert.equal(await isThere({ pid: process.pid, started: `${started}0` }), false);
    assert.equal(await isThere({ pid: process.pid }), true);
  });

  it('is gone once it has ended', async () => {
    const child = await running(`console.log('up'); setInterval(() => {}, 1000)`);
    const { pid = 0 } = child;
    const started = (await processStart(pid))!;
    assert.equal(await isThere({ pid, started }), true);
    await killed(child);
    assert.equal(await isThere({ pid, started }), false);
  });
});

const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

const lockCode = (ask: LockAsk): string => `
  const { acquireLock } = await import(${at('./lock.ts')});
  const ask = ${JSON.stringify(ask)};
  const answer = await acquireLock({ ...ask, about: { ...ask.about, pid: process.pid } });
  console.log(answer.kind);
  setInterval(() => {}, 1000);`;

const journalCode = (path: string): string => `
  const { openFileJournal } = await import(${at('./file-journal.ts')});
  const { journal } = await openFileJournal(${JSON.stringify(path)}, { create: true });
  globalThis.kept = journal;
  console.log('open');
  setInterval(() => {}, 1000);`;

/** A process that has said its first word. */
async function running(code: string, through: readonly string[] = []): Promise<ChildProcess> {
  const node = [process.execPath, '--conditions=swarm-src', '--input-type=module', '-e', code];
  const [program, ...words] = [...through, ...node];
  const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const closed = once(child, 'exit');
  child.kill('SIGKILL');
  await closed;
}
