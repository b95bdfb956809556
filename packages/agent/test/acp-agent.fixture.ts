/**
 * An agent of ours that speaks the Agent Client Protocol, by the official library. It does what its prompt says in the
 * last `PLAY [["sh","…"], …]`. Words in its argv: `resume` and `load`: it takes sessions up again; `providers`: it can be
 * pointed at a server.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { type AgentContext, agent, ndJsonStream, RequestError } from '@agentclientprotocol/sdk';

type Act = readonly [what: string, more?: unknown];

const can = new Set(process.argv.slice(2));
const file = join(process.env.HOME ?? '.', 'sessions.json');
let server = { baseUrl: '', headers: {} as Record<string, string> };
let cancel = () => {};

function kept(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

async function play(client: AgentContext, session: string, [what, more]: Act): Promise<string | undefined> {
  const update = (fields: object) =>
    client.notify('session/update', { sessionId: session, update: fields } as never);
  const say = (text: string) =>
    update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
  if (what === 'say') await say(String(more));
  if (what === 'raw') process.stdout.write(`${more}\n`);
  if (what === 'die') process.exit(7);
  if (what === 'stop') return String(more);
  if (what === 'sh') {
    const toolCallId = `call-${Math.random()}`;
    await update({ sessionUpdate: 'tool_call', toolCallId, title: more, kind: 'execute', status: 'pending' });
    const ran = spawnSync('sh', ['-c', String(more)], { encoding: 'utf8' });
    const status = ran.status === 0 ? 'completed' : 'failed';
    const content = [{ type: 'content', content: { type: 'text', text: ran.stdout } }];
    await update({ sessionUpdate: 'tool_call_update', toolCallId, status, content });
  }
  if (what === 'leave') {
    const options = (more as string[]).map((kind) => ({ optionId: `id-${kind}`, kind, name: 'any' }));
    const answer = await client
      .request('session/request_permission', {
        sessionId: session,
        toolCall: { toolCallId: 'x' },
        options,
      } as never)
      .then(
        ({ outcome }) => ('optionId' in outcome ? outcome.optionId : outcome.outcome),
        ({ code }: { code: number }) => `error ${code}`,
      );
    await say(`leave ${answer}.`);
  }
  if (what === 'request') {
    const code = await client.request(String(more), {}).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    await say(`error ${code}.`);
  }
  if (what === 'model') {
    const answer = await fetch(`${server.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...server.headers },
      body: JSON.stringify({ model: more, messages: [{ role: 'user', content: 'NEEDLE-ASKED' }] }),
    });
    const keys = process.env.OPENAI_API_KEY === undefined ? 'none' : 'one';
    await say(`model ${answer.status}, keys ${keys}.`);
  }
  if (what === 'hang') {
    await say('hanging');
    await new Promise<void>((resolve) => {
      cancel = resolve;
    });
    await play(client, session, ['leave', ['allow_once']]);
    writeFileSync('cancelled.txt', '');
    return 'cancelled';
  }
  return undefined;
}

const app = agent({ name: 'fixture' })
  .onRequest('initialize', ({ params: { clientCapabilities: client } }) => ({
    protocolVersion: can.has('old') ? 0 : 1,
    agentInfo: {
      name: client?.terminal || client?.fs?.readTextFile ? 'fixture with' : 'fixture without',
      version: '1',
    },
    agentCapabilities: {
      ...(can.has('load') && { loadSession: true }),
      ...(can.has('resume') && { sessionCapabilities: { resume: {} } }),
      ...(can.has('providers') && { providers: {} }),
    },
  }))
  .onRequest('providers/list', raw, () => ({
    providers: [{ providerId: 'main', supported: ['bedrock', 'openai'], required: true }],
  }))
  .onRequest('providers/set', raw, ({ params }) => {
    server = params as typeof server;
    return {};
  })
  .onRequest('session/new', () => {
    if (can.has('login')) throw RequestError.authRequired();
    const sessionId = `s-${Math.random()}`;
    writeFileSync(file, JSON.stringify({ ...kept(), [sessionId]: 0 }));
    return { sessionId };
  })
  .onRequest('session/resume', ({ params }) => {
    if (kept()[params.sessionId] === undefined) throw RequestError.resourceNotFound(params.sessionId);
    return {};
  })
  .onRequest('session/load', async ({ params, client }) => {
    if (kept()[params.sessionId] === undefined) throw RequestError.resourceNotFound(params.sessionId);
    await play(client, params.sessionId, ['say', 'NEEDLE-REPLAYED']);
    return {};
  })
  .onRequest('session/set_mode', ({ params }) => {
    if (params.modeId !== 'yolo') throw RequestError.invalidParams(undefined, 'no such mode');
    return {};
  })
  .onNotification('session/cancel', () => cancel())
  .onRequest('session/prompt', async ({ params, client }) => {
    const { sessionId: session } = params;
    const sessions = kept();
    sessions[session]! += 1;
    writeFileSync(file, JSON.stringify(sessions));
    const text = params.prompt.map((block) => ('text' in block ? block.text : '')).join('');
    writeFileSync(join(process.env.HOME ?? '.', 'prompt.txt'), text);
    const acts = JSON.parse([...text.matchAll(/PLAY (\[.*\])/g)].at(-1)?.[1] ?? '[]') as Act[];
    for (const act of acts) {
      const stop = await play(client, session, act);
      if (stop) return { stopReason: stop as 'end_turn' };
    }
    await play(client, session, ['say', `prompt ${sessions[session]} of this session`]);
    return { stopReason: 'end_turn' };
  });

function raw(params: unknown): unknown {
  return params;
}

const connection = app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>),
);
await connection.closed;
process.exit(0);
