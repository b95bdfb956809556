import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { modelOver, question, startServer } from '../../test/support/asking.ts';
import {
  callOf,
  freshPath,
  headFor,
  RUN,
  recording,
  replaying,
  textIn,
  written,
} from '../../test/support/cassettes.ts';
import * as fault from '../../test/support/fault-server.ts';
import { until } from '../../test/support/gateways.ts';
import { LINE_BYTES_MAX } from './line.ts';
import { resumeRecorder, startRecorder } from './recorder.ts';
import { openTape } from './tape.ts';

const HEAD = headFor([{ name: 'e1', baseUrl: 'http://x/v1' }]);
const CALL = callOf('a');

const refusal = async (
  work: () => Promise<unknown>,
): Promise<{ code: string; where?: string; why?: string }> => {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof SwarmError, String(error));
    assert.ok(error.problems[0]!.fix);
    return error.problems[0]!;
  }
  return assert.fail('it was read');
};

describe('what is no cassette is refused, with the line that is wrong:', () => {
  const deep = `{"kind":"call","ask":{"body":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}}\n`;
  const deepBody = JSON.stringify({ ...CALL, ask: { ...CALL.ask, body: { a: '@' } } }).replace(
    '"@"',
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  );
  const files: Readonly<Record<string, readonly [() => string, number, RegExp]>> = {
    'an empty file': [() => written(''), 1, /it is empty/],
    'no JSON': [() => written('hello\n'), 1, /no JSON/],
    'a journal': [() => written({ v: 1, seq: 1 }), 1, /kind: /],
    'another version': [() => written({ ...HEAD, v: 2 }), 1, /v: /],
    'a call without a head': [() => written(CALL), 1, /kind: /],
    'a base that is no commit': [
      () => written({ ...HEAD, base: '--upload-pack=x' }),
      1,
      /base: is no commit/,
    ],
    'a line in the middle that was cut': [() => written(HEAD, '{"kind":"ca\n', CALL), 2, /no JSON/],
    'a field that nobody knows': [() => written(HEAD, { ...CALL, more: 1 }), 2, /more/],
    'a header over two lines': [
      () => written(HEAD, { ...CALL, answer: { ...CALL.answer, headers: { 'content-type': 'a\nb' } } }),
      2,
      /answer\.headers\.content-type/,
    ],
    'a status that is none': [
      () => written(HEAD, CALL, { ...CALL, answer: { ...CALL.answer, status: 99 } }),
      3,
      /answer\.status/,
    ],
    'a second head': [() => written(HEAD, HEAD), 2, /kind: /],
    'what is nested too deeply to be written': [() => written(HEAD, `${deepBody}\n`), 2, /nested too deeply/],
    'what is nested deeply where nothing is': [
      () => written(HEAD, deep),
      2,
      /kind|nested|endpoint|path|expected/,
    ],
  };
  for (const [name, [make, line, why]] of Object.entries(files))
    it(name, async () => {
      const path = make();
      const problem = await refusal(() => openTape(path));
      assert.deepEqual([problem.code, problem.where], ['SW0207', `${path}:${line}`]);
      assert.match(problem.why!, why);
    });

  it('a line that never ends', async () => {
    const path = freshPath();
    writeFileSync(path, '');
    truncateSync(path, LINE_BYTES_MAX + 1);
    assert.match((await refusal(() => openTape(path))).why!, /longer than \d+ bytes/);
  });

  it('a pipe, a folder, and nothing', async () => {
    const pipe = freshPath();
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, import.meta.dirname, freshPath()])
      assert.equal((await refusal(() => openTape(path))).code, 'SW0207');
  });
});

describe('a cassette that a kill cut', () => {
  it('is played without its last line, at whatever byte it ends', async () => {
    const whole = textIn(written(HEAD, CALL, callOf('b')));
    const second = whole.indexOf('\n', whole.indexOf('\n') + 1) + 1;
    for (let end = second; end < whole.length - 1; end += 7) {
      const tape = await openTape(written(whole.slice(0, end)));
      await tape.close();
      assert.deepEqual([tape.calls.length, tape.tornBytes], [1, end - second]);
    }
  });

  it('is gone on with by its own run, and no half line stays', async () => {
    const path = written(HEAD, CALL, '{"kind":"call","end');
    const { options } = await recording([]);
    const recorder = await resumeRecorder({ ...options, path }, RUN, '2026-11-21T11:00:00.000Z');
    const server = await startServer(fault.says('Fine.'));
    const [endpoint] = [recorder.over({ name: 'e1', baseUrl: server.baseUrl })];
    await modelOver([], { endpoints: [endpoint] }).ask();
    await recorder.close();
    const tape = await openTape(path);
    await tape.close();
    assert.deepEqual([tape.calls.length, tape.wasResumed, tape.tornBytes], [2, true, 0]);
    assert.ok(tape.calls[1]!.from > tape.calls[0]!.to);
  });
});

describe('a recording', () => {
  it('writes over nothing', async () => {
    const { path, options } = await recording([]);
    const before = textIn(path);
    const problem = await refusal(() => startRecorder({ ...options, path }, HEAD));
    assert.deepEqual([problem.code, problem.where, textIn(path)], ['SW0101', '--record', before]);
  });

  it('goes on in no file but its own: not in another run’s, not through a link, not where nothing is', async () => {
    const { path: own, options, close } = await recording([]);
    await close();
    const notes = written('export PATH=/x\n');
    const link = freshPath();
    symlinkSync(own, link);
    for (const [path, run] of [
      [own, 'r-20261121-zzzz'],
      [notes, RUN],
      [link, RUN],
      [freshPath(), RUN],
    ] as const) {
      const problem = await refusal(() => resumeRecorder({ ...options, path }, run, 'now'));
      assert.equal(problem.code, 'SW0207');
    }
    assert.equal(textIn(notes), 'export PATH=/x\n');
  });
});

it('a cassette that is changed while it is played stops the replay', async () => {
  const server = await startServer(fault.says('Fine.'));
  const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
  await modelOver([], { endpoints: tape.endpoints }).ask();
  await tape.close();
  const played = await replaying(tape.path);
  const text = textIn(tape.path);
  writeFileSync(tape.path, text.replace('"content":"Do."', '"content":"No."'));
  const stop = new AbortController();
  const { model } = modelOver([], { endpoints: played.endpoints });
  const call = model.stream(question, { signal: stop.signal });
  await until(() => played.divergences.length > 0);
  stop.abort();
  await call;
  assert.match(played.divergences[0]!.text, /:2: it was changed while it was played$/);
});
