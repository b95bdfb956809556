import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

const OURS = join(import.meta.dirname, 'end-with-parent.ts');

test('a process that never comes to its end is gone soon after a `kill -9` of the one that started it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-end-'));
  t.after(() => rm(folder, { recursive: true }));
  const stuck = join(folder, 'stuck.mjs');
  writeFileSync(
    stuck,
    `import { endWithParent } from ${JSON.stringify(OURS)};
     endWithParent();
     process.on('message', () => { process.send(process.pid); setTimeout(() => { for (;;); }, 0); });`,
  );
  const parent = join(folder, 'parent.mjs');
  writeFileSync(
    parent,
    `import { fork } from 'node:child_process';
     const child = fork(${JSON.stringify(stuck)}, [], { detached: true });
     child.on('message', (pid) => process.send(pid));
     child.send('begin');`,
  );
  const started = fork(parent);
  const [pid] = (await once(started, 'message')) as [number];
  t.after(() => ended(pid) || process.kill(pid, 'SIGKILL'));
  started.kill('SIGKILL');
  const until = Date.now() + 30_000;
  while (!ended(pid) && Date.now() < until) await wait(50);
  assert(ended(pid), 'it is still there');
});

const ended = (pid: number): boolean => !existsSync(`/proc/${pid}`);
