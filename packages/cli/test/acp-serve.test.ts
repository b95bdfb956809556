/** `swarm acp`, driven by the client side of the official library, as an editor does it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { client, ndJsonStream, type SessionUpdate } from '@agentclientprotocol/sdk';
import { FILES, GATE, modelEnvironment, plannerAnswer, workerAnswer } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { MAIN } from './support/program.ts';
import { World } from './support/world.ts';

const textIn = (updates: readonly SessionUpdate[]): string =>
  updates
    .map((u) =>
      u.sessionUpdate === 'agent_message_chunk' && u.content.type === 'text' ? u.content.text : '',
    )
    .join('');

/** An editor with swarm as its agent. */
async function editor(t: TestContext, world: World, env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=swarm-src', MAIN, 'acp'], {
    cwd: world.root,
    env: world.environment(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const updates: SessionUpdate[] = [];
  let wake = () => {};
  const connection = client({ name: 'editor' })
    .onRequest('session/request_permission', () => ({ outcome: { outcome: 'cancelled' as const } }))
    .onNotification('session/update', ({ params }) => {
      updates.push(params.update);
      wake();
    })
    .connect(
      ndJsonStream(Writable.toWeb(child.stdin!), Readable.toWeb(child.stdout!) as ReadableStream<Uint8Array>),
    );
  t.after(async () => {
    connection.close();
    child.stdin!.destroy();
    child.kill('SIGKILL');
  });
  const { agent } = connection;
  const greeting = await agent.request('initialize', { protocolVersion: 1, clientCapabilities: {} });
  const open = async (cwd: string) => (await agent.request('session/new', { cwd, mcpServers: [] })).sessionId;
  const prompt = (sessionId: string, text: string) =>
    agent.request('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  /** The library hands on an update and the answer behind it side by side. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const untilSaid = (pattern: RegExp) => until(() => pattern.test(textIn(updates)));
  return { agent, greeting, updates, open, prompt, until, untilSaid, child, closed };
}

const CONFIG = `[gate]\ncommand = ${JSON.stringify(GATE)}\n[env]\nsetup = "none"\n`;

test('a prompt is the request of a run: the editor is told what happens, the live line and what landed', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure(CONFIG);
  const server = await startModelServer(t, (call) =>
    call.isWorker ? workerAnswer(call) : plannerAnswer(call, ['bell', 'seat']),
  );
  const { greeting, open, prompt, until, untilSaid, updates } = await editor(
    t,
    world,
    modelEnvironment(server.url),
  );
  assert.deepEqual([greeting.protocolVersion, greeting.agentInfo?.name], [1, 'swarm']);
  const session = await open(world.repository);
  const { stopReason } = await prompt(session, 'Add a bell and a seat');
  assert.equal(stopReason, 'end_turn');
  await until(() => JSON.stringify(updates.at(-1)).includes('"status":"completed"'));
  const said = textIn(updates);
  assert.match(said, /landed t\d[\s\S]*2 of 2 landed/);
  const calls = updates.filter(({ sessionUpdate }) => sessionUpdate.startsWith('tool_call'));
  const titles = calls.map((u) => ('title' in u ? u.title : undefined)).filter(Boolean);
  assert.match(titles.join('\n'), /2 of 2 landed/);
  assert.match(await world.git('log', '--format=%s', await world.branch()), /Add seat/);

  updates.length = 0;
  await prompt(session, '   ');
  await untilSaid(/error\[SW\d+\]/);
});

test('a prompt for a folder that is no repository is answered with what is wrong, and the next one is taken', async (t) => {
  const world = await World.with(t, FILES);
  const { agent, open, prompt, untilSaid } = await editor(t, world, {});
  const { stopReason } = await prompt(await open(world.root), 'x');
  assert.equal(stopReason, 'end_turn');
  await untilSaid(/error\[SW0\d+\][\s\S]*fix /);
  await assert.rejects(prompt('nobody', 'x'), { code: -32002 });
  await assert.rejects(agent.request('fs/unheard_of', {}), { code: -32601 });
});

test('cancel is Ctrl-C of the run: it is saved, and can be resumed; the editor may prompt again', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure(CONFIG);
  let isHeld = true;
  const server = await startModelServer(t, (call) => {
    if (!call.isWorker) return plannerAnswer(call, ['bell']);
    const held = { tool: { name: 'bash', arguments: { command: 'sleep 20' } } };
    return isHeld && call.turn === 0 ? held : workerAnswer(call);
  });
  const env = modelEnvironment(server.url);
  const { agent, open, prompt, untilSaid } = await editor(t, world, env);
  const session = await open(world.repository);
  const turn = prompt(session, 'Add a bell');
  await untilSaid(/t1\.1 started/);
  await assert.rejects(prompt(session, 'another'), /at work/);
  const again = setInterval(() => void agent.notify('session/cancel', { sessionId: session }), 1_200);
  const { stopReason } = await turn.finally(() => clearInterval(again));
  assert.equal(stopReason, 'cancelled');
  await untilSaid(/stopping: nothing new starts/);
  isHeld = false;
  const resumed = await world.swarm(['resume'], { env });
  assert.equal(resumed.code, 0, resumed.stderr);
});

test('when the editor goes away its run is saved, and nothing is left at work', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure(CONFIG);
  const server = await startModelServer(t, (call) =>
    call.isWorker
      ? { tool: { name: 'bash', arguments: { command: 'sleep 2' } } }
      : plannerAnswer(call, ['bell']),
  );
  const { open, prompt, untilSaid, child, closed } = await editor(t, world, modelEnvironment(server.url));
  const turn = prompt(await open(world.repository), 'Add a bell').catch(() => undefined);
  await untilSaid(/t1\.1 started/);
  child.stdin!.end();
  assert.equal((await closed)[0], 0);
  await turn;
  assert.deepEqual(world.strays(), []);
  assert.match((await world.swarm(['status'])).stdout, /stopped, no process works on it: swarm resume/);
});
