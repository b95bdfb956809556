import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { test } from 'node:test';
import { ownTurn } from './own-turn.ts';
import { runProcess } from './process.ts';

/** Holds up all of this process, as a busy machine does. */
const stall = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** As bubblewrap tells it: the first process of its namespace, which is gone. */
const NOBODY = `echo '"child-pid": 4194303,' >&3`;

test('what a command said last is read also when this process stood still as it ended', async () => {
  const lines: string[] = [];
  const { promise: opened, resolve: open } = Promise.withResolvers<Writable>();
  const ran = runProcess(
    {
      file: '/bin/sh',
      argv: ['-c', `${NOBODY}; echo ready; read line; echo status >&3; echo told; echo warned >&2; exit 3`],
      cwd: '/',
      env: {},
      inputs: [],
      onStdin: open,
    },
    {
      wallMs: 60_000,
      outputBytes: 1_000_000,
      marks: ['TEST_MARK=nobody'],
      bounds: {},
      folders: [],
      inMemory: [],
      canEscape: false,
      onLine: (_, line) => {
        lines.push(line);
        if (line === 'ready') void endTogether();
      },
    },
  );

  // The kernel tells the end of another child; the look for it finds this one ended too, whose pipes no turn has read yet.
  async function endTogether(): Promise<void> {
    const stdin = await opened;
    const other = spawn('/bin/sh', ['-c', 'echo now'], { stdio: ['ignore', 'pipe', 'ignore'] });
    other.stdout.once('data', () => {
      stdin.write('go\n');
      stall(300);
      setImmediate(() => stall(400));
    });
    stall(200);
    await once(other, 'exit');
  }

  const { output, status, code } = await ran;
  assert.deepEqual(
    { code, status, lines },
    { code: 3, status: '"child-pid": 4194303,\nstatus\n', lines: ['ready', 'told', 'warned'] },
  );
  assert.equal(output, 'ready\ntold\nwarned\n');
});

test('a command that is called off before it has its turn to start, or while it starts, ends as called off', async () => {
  const launch = { file: '/bin/sh', argv: ['-c', 'sleep 60'], cwd: '/', env: {}, inputs: [] };
  const watch = {
    wallMs: 60_000,
    outputBytes: 1_000,
    marks: ['TEST_MARK=nobody'],
    bounds: {},
    folders: [],
    inMemory: [],
    canEscape: false,
  };
  const before = new AbortController();
  const waiting = runProcess(launch, { ...watch, signal: before.signal });
  before.abort();
  assert.deepEqual([(await waiting).end, (await waiting).code], ['aborted', undefined]);
  const amid = new AbortController();
  const starting = runProcess(launch, { ...watch, signal: amid.signal });
  // The turn was asked for before this one, so that this comes between it and what follows it.
  setImmediate(() => queueMicrotask(() => amid.abort()));
  assert.equal((await starting).end, 'aborted');
});

test('processes are started one to a turn of the event loop', async () => {
  const turns: number[] = [];
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([1, 2, 3, 4].map(() => ownTurn().then(() => turns.push(turn))));
  isOver = true;
  assert.equal(new Set(turns).size, 4, `${turns}`);
});
