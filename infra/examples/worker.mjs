// A worker of a swarm bridge with nothing but Node: its own WebSocket, the wire of docs/wire.md.
//   node worker.mjs --url http://127.0.0.1:7420 --name worker-1.relay
// The token is in SWARM_BRIDGE_TOKEN; an open bridge wants none. --hold N: from the Nth call on it never answers.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7420' },
    name: { type: 'string', default: 'worker-1.relay' },
    capability: { type: 'string', multiple: true, default: ['process@1.0.0'] },
    hold: { type: 'string' },
  },
});
const { url, name, capability: capabilities } = values;
const token = process.env.SWARM_BRIDGE_TOKEN;
const headers = token ? { authorization: `Bearer ${token}` } : {};

const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { headers });
socket.addEventListener('open', () => say({ type: 'register', name, capabilities }));
socket.addEventListener('close', ({ code, reason }) => {
  console.log(`closed ${code} ${reason}`);
  process.exit(code === 1000 ? 0 : 1);
});
let calls = 0;
socket.addEventListener('message', async ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === 'registered') await announce();
  if (message.type !== 'inbound_call') return;
  calls += 1;
  const { correlation_id, method, payload } = message;
  if (calls >= Number(values.hold ?? Infinity)) return console.log(`holding ${payload}`);
  if (method !== 'process') return say({ type: 'call_error', correlation_id, error: `no method ${method}` });
  console.log(`processed ${payload}`);
  say({ type: 'call_response', correlation_id, payload: JSON.stringify({ by: name, words: payload.split(/\s+/).length }) });
});

const say = (message) => socket.send(JSON.stringify(message));

async function announce() {
  const payload = JSON.stringify({ name, capabilities, status: 'healthy' });
  const body = JSON.stringify({ topic: 'swarm.announce', payload });
  await fetch(`${url}/v1/broadcast`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
  console.log('announced');
}
