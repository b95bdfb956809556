/**
 * `pnpm hosts:scale`: how long one decision of where an attempt starts takes, with 1,000 hosts of 10 slots that fill up.
 * Prints the median, the 99th percentile and the memory; exit 1 when the 99th percentile is 5 ms or more.
 */
import { decide } from '@swarm/core/decide';
import type { Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { TaskId } from '@swarm/core/model/ids';
import { slotFor } from '@swarm/core/rules/placing';
import { opened } from '@swarm/core/state';
import { acceptedTask, LIMITS, openedRun, stateOf } from '@swarm/core/testing';

const [hosts, slots] = [1_000, 10];
const joined = Array.from(
  { length: hosts },
  (_, i): Event => ({
    type: 'host.joined',
    host: `host-${i}`,
    slots,
    capabilities: i % 3 === 0 ? ['gpu'] : [],
    version: '1',
  }),
);
const tasks = Array.from({ length: hosts * slots }, (_, i) =>
  acceptedTask(`t${i + 1}`, i % 5 === 0 ? { requires: ['gpu'] } : {}, { by: 'operator' }),
);
const limits = { ...LIMITS, workers: hosts * slots, tasks: hosts * slots };
const state = opened(stateOf([openedRun({ hosted: true, limits }), ...joined, ...tasks]));
const took: number[] = [];
for (const { task } of tasks) {
  const since = performance.now();
  const on = slotFor(state, state.tasks.get(task as TaskId)!);
  if (!on) continue;
  const command = { type: 'startAttempt', task, worker: `${on.host}-${on.slot}`, on } as const;
  const answer = decide(state, { ...command, reserved: { tokens: 0, usd: 0 } });
  took.push(performance.now() - since);
  if (answer.kind === 'refusal') throw new Error(answer.detail);
  fold(state, { seq: state.seq + 1, at: state.at, cause: 'start', events: answer.events });
}
took.sort((a, b) => a - b);
const at = (share: number): number => took[Math.floor(took.length * share)]!;
const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
console.log(
  `${took.length} attempts placed on ${hosts} hosts: median ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms, ${memory} MB`,
);
process.exitCode = at(0.99) < 5 ? 0 : 1;
