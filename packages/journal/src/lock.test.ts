import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { acquireLock, type Held, heldProblem, type Lock, type LockAsk } from './lock.ts';
import { processStart } from './process-start.ts';

const folder = await mkdtemp(join(tmpdir(), 'swarm-lock-'));
const children: ChildProcess[] = [];
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const SINCE = Date.UTC(2026, 10, 21, 10, 42);
const askFor = (name: string, by: 'abstract' | 'file', pid = process.pid): LockAsk => ({
  key: join(folder, name),
  folders: [folderOf(name)],
  about: { pid, since: SINCE, run: 'r-20261121-k3f7' as RunId },
  infoFile: join(folder, `${name}-${by}.json`),
  by,
});

function folderOf(name: string): string {
  const path = join(folder, `${name}.d`);
  mkdirSync(path, { recursive: true });
  return path;
}

const kinds = process.platform === 'linux' ? (['abstract', 'file'] as const) : (['file'] as const);
for (const by of kinds)
  describe(`one orchestrator per repository, held by ${by} socket`, () => {
    it('tells the second who holds it and since when', async () => {
      const lock = await taken(askFor('second', by));
      const second = await refused(askFor('second', by, 4_711));
      const started = await processStart(process.pid);
      assert.deepEqual(second.by, { pid: process.pid, since: SINCE, run: 'r-20261121-k3f7', started });
      const problem = heldProblem(second, '/repo', (ms) => new Date(ms).toISOString().slice(11, 16));
      assert.equal(problem.code, 'SW0501');
      assert.match(problem.what, new RegExp(`process ${process.pid} .* since 10:42$`));
      await lock.release();
    });

    it('is free after release, and the file that told of it is gone', async () => {
      const ask = askFor('released', by);
      const lock = await taken(ask);
      await lock.release();
      await lock.release();
      await assert.rejects(stat(ask.infoFile), { code: 'ENOENT' });
      await (await taken(ask)).release();
    });

    it('keeps other repositories free', async () => {
      const one = await taken(askFor('one', by));
      const other = await taken(askFor('other', by));
      await Promise.all([one.release(), other.release()]);
    });

    it('is taken again at once after kill -9 of its holder', async () => {
      const ask = askFor('killed', by);
      const child = await holder(ask);
      assert.equal((await refused(ask)).by?.pid, child.pid);
      await killed(child);
      await (await taken(ask)).release();
    });

    it('is still held by a stopped process, told from its info file', async () => {
      const ask = askFor('stopped', by);
      const child = await holder(ask);
      child.kill('SIGSTOP');
      assert.equal((await refused(ask)).by?.pid, child.pid);
      await writeFile(ask.infoFile, '{"pid":"rm -rf","since":1,"run":"\u001b[2J"}');
      assert.equal((await refused(ask)).by, undefined);
      await killed(child);
    });

    it('goes to one of many who ask at the same time', async () => {
      const ask = askFor('race', by);
      await killed(await holder(ask));
      const answers = await Promise.all(Array.from({ length: 8 }, () => acquireLock(ask)));
      const locks = answers.filter((answer) => answer.kind === 'lock');
      assert.equal(locks.length, 1);
      await locks[0]!.release();
    });
  });

async function taken(ask: LockAsk): Promise<Lock> {
  const answer = await acquireLock(ask);
  assert.ok(answer.kind === 'lock', `held by ${JSON.stringify(answer)}`);
  assert.equal(JSON.parse(await readFile(ask.infoFile, 'utf8')).pid, ask.about.pid);
  return answer;
}

async function refused(ask: LockAsk): Promise<Held> {
  const answer = await acquireLock(ask);
  assert.ok(answer.kind === 'held', 'the lock was free');
  return answer;
}

/** A process that holds the lock and says so. */
async function holder(ask: LockAsk): Promise<ChildProcess> {
  const code = `
    const { acquireLock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    const ask = ${JSON.stringify(ask)};
    const answer = await acquireLock({ ...ask, about: { ...ask.about, pid: process.pid } });
    console.log(answer.kind);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=swarm-src', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (d) => resolve(String(d))));
  assert.equal(said.trim(), 'lock');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await closed;
}
