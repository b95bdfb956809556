import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Escalation, ONE_REQUEST_MS } from './signals.ts';

test('signals that come together are one request: a group that was signalled drains, and kills nothing', () => {
  const escalation = new Escalation();
  assert.equal(escalation.hasBegun, false);
  assert.deepEqual(
    [5_000, 5_001, 5_002].map((at) => escalation.next(at)),
    ['drain', undefined, undefined],
  );
  assert.equal(escalation.hasBegun, true);
});

test('each request after the first asks for more, and what is ignored puts nothing off', () => {
  const escalation = new Escalation();
  const at = [0, ONE_REQUEST_MS - 1, ONE_REQUEST_MS, 2 * ONE_REQUEST_MS, 3 * ONE_REQUEST_MS];
  assert.deepEqual(
    at.map((ms) => escalation.next(ms)),
    ['drain', undefined, 'kill', 'exit', 'exit'],
  );
});

/** Signals itself, ends its run, signals itself once more, and leaves with 7. */
const LEAVING = `
  import { onSignals } from ${JSON.stringify(new URL('./signals.ts', import.meta.url).href)};
  const asked = [];
  const signals = onSignals({ signal: (step) => asked.push(step) }, { isEditing: false }, () => undefined);
  const next = (act) => setImmediate(() => setImmediate(act));
  const again = () => process.kill(process.pid, 'SIGINT');
  const until = (isTrue, act) => (isTrue() ? act() : next(() => until(isTrue, act)));
  again();
  until(signals.haveCome, () => {
    signals.release();
    again();
    const at = performance.now();
    until(() => performance.now() > at + 20, () => process.exit(asked.join() === 'drain' ? 7 : 8));
  });
`;

test('a signal that comes when the run is over, and was asked to end, does not end the program in another way', async () => {
  const args = ['--conditions=swarm-src', '--input-type=module', '-e', LEAVING];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  assert.deepEqual(await once(child, 'exit'), [7, null]);
});
