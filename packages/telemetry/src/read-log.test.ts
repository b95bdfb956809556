import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { LogLine } from '@swarm/core/log-events';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { createLog } from './log.ts';
import { followLog, type LogFilter, logFrom, readLog } from './read-log.ts';

const folder = await mkdtemp(join(tmpdir(), 'swarm-read-log-'));
after(() => rm(folder, { recursive: true }));
let made = 0;
const freshPath = (): string => join(folder, `${++made}.ndjson`);

const line = (seq: number, msg = `line ${seq}`): string =>
  `${JSON.stringify({ v: 1, ts: '2026-11-21T10:42:07.031Z', seq, level: 'info', event: 'run.opened', run: 'r', msg, data: {} })}\n`;

describe('reading a log', () => {
  it('gives what matches: task with its attempts, event by pattern, level and worse', async () => {
    const path = freshPath();
    const log = createLog({ path, run: 'r-20261121-k3f7', clock: { now: () => 0 }, redact: [] });
    log.write('task.accepted', { msg: 'a', task: 't1' as TaskId });
    log.write('attempt.started', { msg: 'b', attempt: 't1.1' as AttemptId });
    log.write('attempt.started', { msg: 'c', attempt: 't12.1' as AttemptId });
    log.write('landing.rejected', { msg: 'd', attempt: 't12.1' as AttemptId });
    log.write('landing.landed', { msg: 'e', task: 't1' as TaskId });
    await log.close();
    const cases: [LogFilter, string][] = [
      [{}, 'abcde'],
      [{ task: 't1' }, 'abe'],
      [{ attempt: 't12.1' }, 'cd'],
      [{ event: 'landing.*' }, 'de'],
      [{ event: 'landing.landed' }, 'e'],
      [{ event: 'landing' }, ''],
      [{ level: 'warn' }, 'd'],
      [{ since: '1970-01-01T00:00:00.000Z' }, 'abcde'],
      [{ since: '1970-01-01T00:00:00.001Z' }, ''],
      [{ task: 't1', event: '*.started' }, 'b'],
    ];
    for (const [filter, want] of cases) {
      const found = await all(readLog(path, filter));
      assert.equal(found.map((l) => l.msg).join(''), want, JSON.stringify(filter));
    }
  });

  it('from a byte on gives whole lines once, and half a line when it is whole', async () => {
    const path = freshPath();
    assert.deepEqual(await logFrom(path, 0), { lines: [], byte: 0 });
    await writeFile(path, `${line(1)}${line(2)}${line(3).slice(0, 20)}`);
    const first = await logFrom(path, 0);
    assert.deepEqual([first.lines.map(({ seq }) => seq), first.byte], [[1, 2], line(1).length * 2]);
    await appendFile(path, line(3).slice(20));
    const second = await logFrom(path, first.byte);
    assert.deepEqual([second.lines.map(({ seq }) => seq), second.byte], [[3], line(1).length * 3]);
    assert.deepEqual(await logFrom(path, second.byte), { lines: [], byte: second.byte });
  });

  it('passes over what is no log line, however long, and says how many', async () => {
    const path = freshPath();
    await writeFile(
      path,
      `${line(1)}garbage\n${'x'.repeat(300_000)}\n{"v":1}\n${line(2)}${line(3).slice(0, 20)}`,
    );
    let unreadable = 0;
    const found = await all(readLog(path, {}, { onUnreadable: (count) => (unreadable = count) }));
    assert.deepEqual(
      found.map((l) => l.seq),
      [1, 2],
    );
    assert.equal(unreadable, 3);
  });
});

describe('following a log', { timeout: 10_000 }, () => {
  it('waits for the file, gives whole lines as they come, and ends when asked', async () => {
    const { path, next, stop } = follow('start');
    const first = next();
    await appendFile(path, line(1) + line(2).slice(0, 30));
    assert.equal((await first).seq, 1);
    const second = next();
    await appendFile(path, line(2).slice(30));
    assert.equal((await second).seq, 2);
    await stop();
  });

  it('can leave out what is there already', async () => {
    const { path, next, stop } = follow('end', line(1));
    let first: LogLine | undefined;
    const found = next().then((found) => {
      first = found;
    });
    for (let seq = 2; !first; seq++) await appendFile(path, line(seq));
    await found;
    assert.ok(first.seq >= 2, 'line 1 was there before');
    await stop();
  });

  it('ends behind the line that is the last, whatever the filter lets through', async () => {
    const path = freshPath();
    await writeFile(path, line(1) + line(2) + line(3));
    const isLast = ({ seq }: LogLine): boolean => seq === 3;
    const signal = AbortSignal.timeout(10_000);
    const found = await all(
      followLog(path, { signal, from: 'start', filter: { event: 'landing.*' }, isLast }),
    );
    assert.deepEqual([found, signal.aborted], [[], false]);
  });

  it('goes on behind a last line when more has come already', async () => {
    const path = freshPath();
    await writeFile(path, line(1) + line(2));
    const isLast = ({ seq }: LogLine): boolean => seq === 1;
    const control = new AbortController();
    const seen: number[] = [];
    for await (const { seq } of followLog(path, {
      signal: control.signal,
      from: 'start',
      isLast,
      pollMs: 20,
    })) {
      seen.push(seq);
      if (seq === 2) await appendFile(path, line(3));
      if (seq === 3) control.abort();
    }
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('begins again when the file is cut', async () => {
    const { path, next, stop } = follow('start', line(1) + line(2) + line(3).slice(0, 9));
    assert.deepEqual([(await next()).seq, (await next()).seq], [1, 2]);
    const third = next();
    await truncate(path, 0);
    await appendFile(path, line(9));
    assert.equal((await third).seq, 9);
    await stop();
  });

  it('begins again when another file takes its name', async () => {
    const { path, next, stop } = follow('start', line(1));
    assert.equal((await next()).seq, 1);
    const second = next();
    await writeFile(`${path}.new`, line(7) + line(8));
    await rename(`${path}.new`, path);
    assert.deepEqual([(await second).seq, (await next()).seq], [7, 8]);
    await stop();
  });
});

function follow(from: 'start' | 'end', content?: string) {
  const path = freshPath();
  const control = new AbortController();
  const written = content === undefined ? Promise.resolve() : writeFile(path, content);
  const lines = followLog(path, { signal: control.signal, from, pollMs: 20 });
  return {
    path,
    next: async (): Promise<LogLine> => {
      await written;
      return (await lines.next()).value as LogLine;
    },
    stop: async () => {
      control.abort();
      while (!(await lines.next()).done);
    },
  };
}

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const list: LogLine[] = [];
  for await (const one of lines) list.push(one);
  return list;
}
