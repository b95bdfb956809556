/**
 * Many workers at once, and what each of them waits for: the run's own process beside a hundred agents, the start of a
 * sandbox, the gateway's share of an answer, and a workspace with prepared dependencies.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { installed } from './typed.ts';
import { firstByte } from './workers/first-byte.ts';
import { fleet } from './workers/fleet.ts';
import { prepared } from './workers/prepared.ts';
import { roomStart } from './workers/room-start.ts';

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const main = await installed(join(folder, 'swarm'));
    return [
      ...(await fleet(join(folder, 'fleet'), main)),
      ...(await roomStart(join(folder, 'room'))),
      ...(await firstByte(join(folder, 'gateway'))),
      ...(await prepared(join(folder, 'prepared'))),
    ];
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}
