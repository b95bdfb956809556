import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { cleaner, type Place } from '../../src/cassettes/cleaning.ts';
import type { Divergence } from '../../src/cassettes/divergence.ts';
import type { Call, Head, Who } from '../../src/cassettes/line.ts';
import { endpointsOnTape, startPlayer } from '../../src/cassettes/player.ts';
import { type Recorder, startRecorder } from '../../src/cassettes/recorder.ts';
import { openTape } from '../../src/cassettes/tape.ts';
import type { EndpointConfig } from '../../src/endpoints.ts';
import { systemClock } from './clocks.ts';

const root = mkdtempSync(join(tmpdir(), 'cassettes-'));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
/** A path where nothing is. */
export const freshPath = (): string => join(root, `${++files}.cassette`);

export const RUN = 'r-20261121-k3f7';

export const headFor = (endpoints: readonly EndpointConfig[]): Head => ({
  kind: 'cassette',
  v: 1,
  swarm: '0.1.0',
  run: RUN,
  at: '2026-11-21T10:00:00.000Z',
  mode: 'planner',
  request: 'Do.',
  base: 'a'.repeat(40),
  settings: {},
  models: { planner: 'big', worker: 'small', reconciler: 'small', reviewer: 'small' },
  endpoints: endpoints.map(({ name, dialect = 'chat', weight = 100 }) => ({ name, dialect, weight })),
});

interface How {
  readonly redact?: (text: string) => string;
  readonly places?: readonly Place[];
}

/** These endpoints, recorded from now on; every fault that is told. */
export async function recording(endpoints: readonly EndpointConfig[], how: How = {}) {
  const path = freshPath();
  const faults: string[] = [];
  const { redact = (text) => text, places = [] } = how;
  const options = {
    path,
    clean: cleaner(redact, places),
    clock: systemClock,
    onFault: (why: string) => faults.push(why),
  };
  const recorder: Recorder = await startRecorder(options, headFor(endpoints));
  return { path, options, faults, endpoints: endpoints.map(recorder.over), close: () => recorder.close() };
}

/** The endpoints of a cassette, played; what is told of it. */
export async function replaying(path: string, how: How = {}) {
  const divergences: Divergence[] = [];
  const drifts: (readonly [Who, number])[] = [];
  const { redact = (text) => text, places = [] } = how;
  const tape = await openTape(path);
  const player = startPlayer({
    tape,
    places,
    clean: cleaner(redact, places),
    clock: systemClock,
    onDrift: (who, line) => drifts.push([who, line]),
    onDivergence: (divergence) => divergences.push(divergence),
  });
  after(() => player.close());
  return { tape, divergences, drifts, endpoints: endpointsOnTape(tape.head).map(player.over) };
}

export const textIn = (path: string): string => readFileSync(path, 'utf8');

export const callsIn = (path: string): Call[] =>
  textIn(path)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as Call);

/** A cassette of these lines, each a value or a text as it stands. */
export function written(...lines: readonly (object | string)[]): string {
  const path = freshPath();
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''),
  );
  return path;
}

/** One call as a line. */
export const callOf = (content: string, more: Partial<Call> = {}): Call => ({
  kind: 'call',
  who: { role: 'worker', task: 't1', attempt: 't1.1' },
  endpoint: 'e1',
  from: 0,
  to: 1,
  ms: 5,
  ask: {
    path: 'chat/completions',
    headers: {},
    body: { model: 'small', messages: [{ role: 'user', content }] },
  },
  answer: { kind: 'answered', status: 200, headers: {}, pieces: ['{}'], end: 'whole' },
  ...more,
});
