/** How long a status takes of a run of a million entries, that goes on: for whoever watches a page. */

import type { Entry } from '../packages/core/src/events.ts';
import { jsonText } from '../packages/core/src/views/json-text.ts';
import type { RunSource } from '../packages/dashboard/src/index.ts';
import { RunStream } from '../packages/dashboard/src/stream.ts';
import { type Figure, secondsOf } from './figure.ts';
import { longRun } from './long-run.ts';

const ENTRIES = 1_000_000;
/** Entries that come one by one, with a look at the run after each. */
const MORE = 200;

export async function run(): Promise<readonly Figure[]> {
  const all = longRun(ENTRIES + MORE);
  const coming = all.slice(ENTRIES, ENTRIES + MORE);
  const source = sourceOf(all.slice(0, ENTRIES));
  let stream!: RunStream;
  const opening = await secondsOf(async () => {
    stream = await RunStream.open(source);
  });
  const times: number[] = [];
  for (const entry of coming) {
    source.add(entry);
    while (stream.seq < entry.seq) await new Promise((resolve) => setImmediate(resolve));
    times.push((await secondsOf(async () => jsonText(await stream.status(entry.at)))) * 1_000);
  }
  stream.close();
  times.sort((a, b) => a - b);
  const name = `watch: status after another entry, ${ENTRIES} before it`;
  return [
    { name: `watch: the first look, ${ENTRIES} entries in memory`, value: opening, unit: 's' },
    { name: `${name}, median`, value: times[MORE / 2]!, unit: 'ms' },
    { name: `${name}, slowest`, value: times.at(-1)!, unit: 'ms', aim: { kind: 'at-most', value: 50 } },
  ];
}

/** A live run whose entries come when they are added. */
function sourceOf(entries: readonly Entry[]): RunSource & { add(entry: Entry): void } {
  let come = Promise.withResolvers<Entry>();
  return {
    run: 'r-20261121-k3f7' as RunSource['run'],
    mark: async () => '',
    async *present() {
      yield* entries;
    },
    async *follow(_, signal) {
      while (!signal.aborted) {
        const entry = await come.promise;
        come = Promise.withResolvers();
        yield entry;
      }
    },
    objection: () => undefined,
    holder: async () => ({ pid: 1, since: 0 }),
    heard: async () => ({ signs: new Map(), quotas: [] }),
    pinned: onlyMeasured,
    diff: onlyMeasured,
    transcript: onlyMeasured,
    ask: onlyMeasured,
    undo: onlyMeasured,
    propose: onlyMeasured,
    add: (entry) => come.resolve(entry),
  };
}

const onlyMeasured = (): Promise<never> => Promise.reject(new Error('it is only measured'));
