import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { LogLine } from '@swarm/core/log-events';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { LOG_LINE_BYTES_MAX } from './line.ts';
import { createLog, type LogOptions } from './log.ts';

const folder = await mkdtemp(join(tmpdir(), 'swarm-log-'));
after(() => rm(folder, { recursive: true }));
let made = 0;
const freshPath = (): string => join(folder, `${++made}.ndjson`);

const AT = Date.UTC(2026, 10, 21, 10, 42, 7, 31);
const openLog = (path: string, more: Partial<LogOptions> = {}) =>
  createLog({ path, run: 'r-20261121-k3f7', clock: { now: () => AT }, redact: [], ...more });
const linesOf = async (path: string): Promise<LogLine[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** The one line written for these fields, as text and as value. */
async function written(fields: Parameters<ReturnType<typeof openLog>['write']>[1], redact: string[] = []) {
  const path = freshPath();
  const log = openLog(path, { redact });
  log.write('agent.activity', fields);
  await log.close();
  const text = await readFile(path, 'utf8');
  return { text, line: JSON.parse(text) as LogLine };
}

describe('a line of the log', () => {
  it('has the stamps, the ids that were given and the data, in a fixed order', async () => {
    const { text } = await written({
      msg: 'ran a tool',
      task: 't12' as TaskId,
      attempt: 't12.2' as AttemptId,
      worker: 'local',
      data: { tool: 'bash', ok: true, durationMs: 12 },
    });
    assert.equal(
      text,
      '{"v":1,"ts":"2026-11-21T10:42:07.031Z","seq":1,"level":"debug","event":"agent.activity","run":"r-20261121-k3f7",' +
        '"task":"t12","attempt":"t12.2","worker":"local","msg":"ran a tool","data":{"tool":"bash","ok":true,"durationMs":12}}\n',
    );
  });

  it('has the level of its event unless told otherwise, and data even when there is none', async () => {
    const { line } = await written({ msg: '', level: 'error' });
    assert.deepEqual([line.level, line.data], ['error', {}]);
  });

  it('can be tailed in a terminal: escapes, line breaks in msg and marks that turn text are written out', async () => {
    const hostile = 'a\u001b[2Jb\nc\u009bd\u202ee\u2066f\u0000g\u007fh\u2028i';
    const { line, text } = await written({ msg: hostile, data: { [hostile]: hostile } });
    const spelled = 'a\\u001b[2Jb\\u000ac\\u009bd\\u202ee\\u2066f\\u0000g\\u007fh\\u2028i';
    assert.equal(line.msg, spelled);
    assert.deepEqual(line.data, { [spelled]: spelled.replace('\\u000a', '\n') });
    assert.doesNotMatch(text.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
  });

  it('is never longer than 64 KiB, and says how long a shortened text was', async () => {
    const { line, text } = await written({ msg: 'm'.repeat(1e6), data: { output: '\u0001'.repeat(1e6) } });
    assert.ok(Buffer.byteLength(text) <= LOG_LINE_BYTES_MAX);
    assert.match(line.msg, /^m+… \(\d+ characters\)/);
  });

  const wide = Array.from({ length: 300 }, (_, i) => 'é'.repeat(i));
  const cycle: Record<string, unknown> = { wide };
  cycle.self = Array.from({ length: 300 }, () => cycle);
  const throwing = {
    get secret(): string {
      throw new Error('no');
    },
  };
  const hostileData: [string, Record<string, unknown>][] = [
    ['a cycle that branches', cycle],
    ['a getter that throws', throwing],
    ['a proxy that throws', new Proxy({}, { ownKeys: () => assert.fail() })],
    [
      'what JSON has no word for',
      { a: 1n, b: Number.NaN, c: () => 1, d: Symbol('d'), e: new Error('e'), f: new Date(NaN) },
    ],
    ['an own __proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
    ['half a surrogate pair', { a: '\ud800' }],
    ['20,000 keys', Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, i]))],
  ];
  for (const [title, data] of hostileData)
    it(`is valid JSON within its length whatever the data is: ${title}`, async () => {
      const { text, line } = await written({ msg: 'x', data });
      assert.ok(Buffer.byteLength(text) <= LOG_LINE_BYTES_MAX);
      assert.equal(typeof line.data, 'object');
    });
});

describe('a secret', () => {
  const secret = 'sk-proj/Ab+9 "q"\nZ~x';
  const bytes = Buffer.from(secret);
  const spellings: [string, string][] = [
    ['as it is', secret],
    ['inside a word', `x${secret}y`],
    ['in base64', bytes.toString('base64')],
    ['in base64 after one byte', Buffer.from(`:${secret}:`).toString('base64')],
    ['in base64 after two bytes', Buffer.from(`u:${secret}`).toString('base64')],
    ['in base64url', bytes.toString('base64url')],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).replaceAll(/%../g, (c) => c.toLowerCase())],
    ['in JSON in a string', JSON.stringify({ key: secret })],
    ['in hex', bytes.toString('hex')],
  ];
  for (const [title, spelling] of spellings)
    it(`is replaced wherever it stands: ${title}`, async () => {
      const data = { nested: [{ deep: spelling }], [spelling]: 1 };
      const { line } = await written({ msg: `key ${spelling}`, data }, ['other', secret]);
      const texts = [line.msg, (line.data.nested as [{ deep: string }])[0].deep, ...Object.keys(line.data)];
      assert.equal(texts.filter((text) => text.includes('[redacted]')).length, 3);
      assert.doesNotMatch(line.msg, /sk-proj|Ab\+9|c2stcHJva|736b2d/);
    });

  it('leaves no half of itself where a text is shortened', async () => {
    for (const before of [16_380, 256 * 1024 - 5]) {
      const { text } = await written({ msg: '', data: { out: 'x'.repeat(before) + secret.repeat(3) } }, [
        secret,
      ]);
      assert.doesNotMatch(text, /sk-p/);
    }
  });

  it('leaves no half of itself where the search for it ends', async () => {
    const long = `-----BEGIN KEY-----${'Zq'.repeat(500)}`;
    const { text } = await written({ msg: '', data: { out: long.repeat(400) } }, [long]);
    assert.doesNotMatch(text, /ZqZq/);
  });

  it('too short to be told from words is not looked for', async () => {
    const { line } = await written({ msg: 'a cat sat' }, ['', 'a', 'cat']);
    assert.equal(line.msg, 'a cat sat');
  });
});

describe('the log file', () => {
  it('has every line once and in order, and its numbers go on after opening again', async () => {
    const path = freshPath();
    for (const _ of [1, 2]) {
      const log = openLog(path);
      for (let i = 0; i < 500; i++) log.write('model.called', { msg: `${i}` });
      await log.flush();
      log.write('model.called', { msg: 'last' });
      await log.close();
    }
    const lines = await linesOf(path);
    assert.deepEqual(
      lines.map((line) => line.seq),
      Array.from({ length: 1_002 }, (_, i) => i + 1),
    );
  });

  it('loses its torn last line at opening, and nothing else', async () => {
    const path = freshPath();
    const first = openLog(path);
    first.write('run.opened', { msg: 'one' });
    first.write('run.resumed', { msg: 'two' });
    await first.close();
    await truncate(path, (await readFile(path)).length - 9);
    const second = openLog(path);
    second.write('run.resumed', { msg: 'again' });
    await second.close();
    assert.deepEqual(
      (await linesOf(path)).map((l) => [l.seq, l.msg]),
      [
        [1, 'one'],
        [2, 'again'],
      ],
    );
  });

  it('goes on after a damaged last line', async () => {
    const path = freshPath();
    const first = openLog(path);
    first.write('run.opened', { msg: 'one' });
    await first.close();
    await appendFile(path, 'not a line\n');
    const second = openLog(path);
    second.write('run.resumed', { msg: 'two' });
    await second.close();
    assert.match(await readFile(path, 'utf8'), /"seq":1,.*\nnot a line\n.*"seq":2,/);
  });

  it('tells each line to who listens, as it is on disk, and survives what they throw', async () => {
    const path = freshPath();
    const heard: LogLine[] = [];
    const errors: Error[] = [];
    const log = openLog(path, {
      redact: ['hunter22'],
      onError: (error) => errors.push(error),
      onLine: (line) => {
        heard.push(line);
        throw new Error('listener');
      },
    });
    log.write('run.opened', { msg: 'hunter22' });
    log.write('run.paused', { msg: 'b' });
    await log.close();
    assert.deepEqual(heard, await linesOf(path));
    assert.deepEqual(
      errors.map((e) => e.message),
      ['listener'],
    );
  });
});

describe('a log that cannot be written', () => {
  it('says so once, counts what is lost and leaves the run alone', async () => {
    const paths = [join(folder, 'no', 'such', 'folder'), `${freshPath()}.link`, freshPath()];
    await symlink('/dev/null', paths[1]!);
    await writeFile(paths[2]!, 'a letter\nto somebody\n');
    for (const path of paths) {
      const errors: Error[] = [];
      const log = openLog(path, { onError: (error) => errors.push(error) });
      for (let i = 0; i < 3; i++) log.write('run.opened', { msg: '' });
      await log.close();
      assert.deepEqual([errors.length, log.dropped], [1, 3], path);
    }
    assert.equal(await readFile(paths[2]!, 'utf8'), 'a letter\nto somebody\n');
  });

  it('has whole lines only after a full disk, and goes on when there is room again', {
    skip: process.getuid?.() !== 0 && 'mounting needs root',
  }, async () => {
    const mount = await mkdtemp(join(folder, 'tmpfs-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]);
    try {
      const path = join(mount, 'log.ndjson');
      await writeFile(join(mount, 'filler'), Buffer.alloc(40_000));
      const errors: Error[] = [];
      const log = openLog(path, { onError: (error) => errors.push(error) });
      for (let i = 0; i < 60; i++) {
        log.write('model.called', { msg: 'x'.repeat(1_000) });
        await log.flush();
      }
      assert.match(String(errors), /ENOSPC/);
      const lost = log.dropped;
      assert.ok(lost > 30, `${lost}`);
      await rm(join(mount, 'filler'));
      log.write('model.called', { msg: 'room' });
      await log.close();
      const lines = await linesOf(path);
      assert.deepEqual([lines.length, lines.at(-1)!.seq, lines.at(-1)!.msg], [61 - lost, 61, 'room']);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});
