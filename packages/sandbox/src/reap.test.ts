import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSandbox } from './sandbox.ts';
import { eventually, optionsFor, processesWith, temporary } from './testing.ts';

test('what a killed orchestrator left running without isolation is found and killed by the next', async (t) => {
  const folder = await temporary(t);
  const workspace = join(folder, 'w1');
  await mkdir(workspace);
  const word = `${folder}-left`;
  const options = { ...optionsFor(folder), provider: 'none' as const };
  const program = `
    import { createSandbox } from ${JSON.stringify(join(import.meta.dirname, 'sandbox.ts'))};
    import { runIn } from ${JSON.stringify(join(import.meta.dirname, 'testing.ts'))};
    await runIn(createSandbox(${JSON.stringify(options)}), { name: 'x', workspace: ${JSON.stringify(workspace)},
      readOnly: [], readWrite: [], env: {}, network: 'none', limits: { wallMs: 60000, outputBytes: 1000 },
      argv: ['sh', '-c', 'setsid sh -c "sleep 60; : ${word}-daemon" & sleep 60; : ${word}'] });`;
  const parent = spawn(process.execPath, ['--conditions=swarm-src', '--input-type=module', '-e', program]);
  await eventually('the daemon runs', async () => (await processesWith(`${word}-daemon`)).length >= 2);
  parent.kill('SIGKILL');
  await eventually('the orchestrator is dead', async () => parent.signalCode === 'SIGKILL');
  assert.notDeepEqual(await processesWith(`${word}-daemon`), [], 'the daemon outlives it');

  assert.equal(await createSandbox({ ...options, stateKey: `${folder}-other` }).reap(), 0);
  const killed = await createSandbox(options).reap();
  assert.ok(killed >= 4, `${killed} killed: two shells and what they run`);
  assert.deepEqual(await processesWith(word), []);
  assert.equal(await createSandbox(options).reap(), 0);
});
