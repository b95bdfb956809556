/** What tests of pull requests share: plans, the program stopped at a call of the forge. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Entry, EventOf } from '@swarm/core/events';
import type { ForgeWorld } from './forge.ts';
import type { Ended } from './program.ts';
import type { World } from './world.ts';

export const FILES = { 'README.md': 'shop\n' };
export const PULL = ['--deliver', 'pr', '--gate', 'true'];

export const add = (name: string, more: object = {}) => ({
  title: `Add ${name}`,
  description: `echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
  ...more,
});

export const isOpening = (method: string, path: string): boolean =>
  method === 'POST' && /\/(pulls|merge_requests)$/.test(path);

/** Starts it, and kills it the moment the forge has got, or has done, what opens a pull request. */
export async function killedAtOpening(
  world: World,
  forge: ForgeWorld,
  args: readonly string[],
  at: 'come' | 'done',
): Promise<Ended> {
  const running = world.start(args, { env: forge.env });
  let isKilled = false;
  forge.fake.around = (when, method, path) => {
    if (isKilled || when !== at || !isOpening(method, path)) return;
    isKilled = true;
    // Its group does not matter: at the end nothing else runs.
    process.kill(running.pid, 'SIGKILL');
    // What came from a process that is gone is not done by a forge that has not read it yet.
    if (at === 'come') forge.fake.trouble({ times: 1, how: 'reset', match: isOpening });
  };
  const ended = await running.ended;
  forge.fake.around = undefined;
  assert.equal(ended.signal, 'SIGKILL', ended.stderr);
  return ended;
}

/** The last one in the journal of the only run. */
export async function deliveryOf(world: World): Promise<EventOf<'delivery.ended'> | undefined> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`${await world.runFolder()}/journal.ndjson`, 'utf8');
  const entries = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
  const events = entries.flatMap(({ events: all }) => all);
  return events.findLast((event) => event.type === 'delivery.ended');
}

/** The forge's own runner: looks again and again, one look at a time, until it is stopped; then none goes on. */
export function runner(look: () => Promise<void>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const over = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await pause(50, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await over;
    },
  };
}
