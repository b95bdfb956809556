import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isPortable } from './platform/here.ts';
import { linux } from './platform/linux.ts';
import { runProcess } from './process.ts';
import { levelFor } from './yielding.ts';

const weightOf = (nice: number): number => 1_024 / 1.25 ** nice;

test('seventy agents weigh no more together than our own process, and few have a tenth of its weight each', () => {
  assert.deepEqual([1, 4, 9, 10, 20, 50, 100, 1_000].map(levelFor), [10, 10, 10, 11, 14, 18, 19, 19]);
  for (let agents = 1; agents < 70; agents += 1) assert.ok(agents * weightOf(levelFor(agents)) <= 1_024);
});

/** Empty where Linux shares processors otherwise: it is off, or this process is in a group of its own. */
const session = isPortable ? '' : readSession();
function readSession(): string {
  try {
    return readFileSync('/proc/self/autogroup', 'latin1');
  } catch {
    return '';
  }
}

/** Tells how its own session yields, and how one does that it makes later. */
const AGENT = `
  until grep -q 'nice [1-9]' /proc/self/autogroup; do :; done
  cat /proc/self/autogroup
  setsid -w sh -c 'until grep -q "nice [1-9]" /proc/self/autogroup; do sleep 0.02; done; cat /proc/self/autogroup'
`;

test('an agent’s session yields, and so does each session that its commands make; ours does not', {
  skip: session === '' && 'sessions are nothing to this system',
}, async () => {
  const { end, output } = await runProcess(
    {
      file: '/bin/sh',
      argv: ['-c', AGENT],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', TEST_MARK: 'nobody' },
      yields: true,
    },
    {
      wallMs: 60_000,
      outputBytes: 10_000,
      // What leaves its session is ended with it, should the test fail.
      marks: ['TEST_MARK=nobody'],
      bounds: { processes: 100 },
      folders: [],
      inMemory: [],
      canEscape: true,
    },
  );
  const told = output.trim().split('\n');
  assert.equal(end, 'exited');
  assert.equal(new Set(told).size, 2, output);
  for (const line of told) assert.match(line, / nice 10$/);
  linux.sessionYields(process.pid, 19);
  assert.equal(readSession(), session);
});
