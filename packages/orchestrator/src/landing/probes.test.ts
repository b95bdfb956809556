import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, EventOf } from '@swarm/core/events';
import type { LogFields } from '@swarm/core/log-events';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Hub } from '@swarm/core/ports/git';
import type { Log } from '@swarm/core/ports/world';
import { acceptedTask, aHandoff, handedIn, openedRun, stateOf } from '@swarm/core/testing';
import type { Context } from '../context.ts';
import { FORESEEN_MAX, PROBES_MAX, Probes } from './probes.ts';

/** The attempt handed in a change of these files. */
function changed(id: string, files: readonly string[]): Event[] {
  const events = [...handedIn(id)];
  const ended = events.pop() as EventOf<'attempt.ended'>;
  const handoff = aHandoff(id);
  return [
    ...events,
    { ...ended, handoff: { ...handoff, change: { ...handoff.change!, filesChanged: files } } },
  ];
}

/** A queue of handoffs `t1.1`, `t2.1` … that changed these files, in a hub where any two of them conflict in those given. */
function queued(files: readonly (readonly string[])[], conflicts: readonly string[]) {
  const ids = files.map((_, i) => `t${i + 1}.1` as AttemptId);
  const limits = { workers: 100, attempts: 3, tasks: 100, attemptTokens: 1 };
  const state = stateOf([
    openedRun({ limits }),
    ...ids.map((_, i) => acceptedTask(`t${i + 1}`)),
    ...ids.flatMap((id, i) => changed(id, files[i]!)),
  ]);
  const asked: [CommitId, CommitId][] = [];
  const told: LogFields[] = [];
  const hub: Pick<Hub, 'probe'> = {
    probe: async (a, b) => {
      asked.push([a, b]);
      return conflicts;
    },
  };
  const log: Log = { write: (_name, fields) => void told.push(fields) };
  const probes = new Probes({ state, ports: { hub, log } } as unknown as Context);
  return { probes, state, asked, told, last: ids.at(-1)! };
}

describe('a fresh handoff', () => {
  it('is tried against those of the queue that changed a common file, and against no others', async () => {
    const { probes, asked, told, last } = queued([['a.ts'], ['b.ts'], ['a.ts', 'c.ts']], ['a.ts']);
    await probes.probe(last);
    assert.deepEqual(asked.length, 1);
    assert.deepEqual(
      told.map((line) => line.msg),
      ['t3 and t1 conflict in a.ts'],
    );
    assert.deepEqual(probes.foreseen, [{ a: 't3.1', b: 't1.1', files: ['a.ts'] }]);
  });
  it('is not said to conflict in files a rule joins', async () => {
    const { probes, told, last } = queued([['pnpm-lock.yaml'], ['pnpm-lock.yaml']], ['pnpm-lock.yaml']);
    await probes.probe(last);
    assert.deepEqual([told, probes.foreseen], [[], []]);
  });
  it('is tried a bounded number of times, the newest first', async () => {
    const same = Array.from({ length: 60 }, () => ['a.ts']);
    const clean = queued(same, []);
    await clean.probes.probe(clean.last);
    assert.equal(clean.asked.length, PROBES_MAX);
    const storm = queued(same, ['a.ts']);
    await storm.probes.probe(storm.last);
    assert.equal(storm.asked.length, FORESEEN_MAX);
    assert.equal(storm.probes.foreseen[0]!.b, 't59.1');
  });
  it('is forgotten with whoever has left the queue', async () => {
    const { probes, state, last } = queued([['a.ts'], ['a.ts']], ['a.ts']);
    await probes.probe(last);
    state.queue.delete('t1.1' as AttemptId);
    assert.deepEqual(probes.foreseen, []);
  });
});
