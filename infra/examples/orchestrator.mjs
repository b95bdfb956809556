// An orchestrator of its own over a swarm bridge, with nothing but Node: it hears who is there, and hands documents to them in turn.
//   node orchestrator.mjs --url http://127.0.0.1:7420 --workers 3 --documents 12
// A call that a worker does not live to answer goes to the next one. The token is in SWARM_BRIDGE_TOKEN.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7420' },
    workers: { type: 'string', default: '3' },
    documents: { type: 'string', default: '12' },
  },
});
const { url } = values;
const token = process.env.SWARM_BRIDGE_TOKEN;
const headers = { ...(token && { authorization: `Bearer ${token}` }) };

/** By name, whether it is well. */
const there = new Map();
const listening = new AbortController();

/** Returns when so many are there; goes on listening, for their health. */
async function discover(many) {
  const enough = Promise.withResolvers();
  for (const topic of ['swarm.announce', 'swarm.health']) void listen(topic, many, enough);
  await enough.promise;
}

async function listen(topic, many, { resolve, reject }) {
  const told = await fetch(`${url}/v1/subscribe?topic=${topic}`, {
    // From the beginning: some may have said so before we came.
    headers: { ...headers, 'last-event-id': '0' },
    signal: listening.signal,
  }).catch(reject);
  let rest = '';
  try {
    for await (const chunk of told.body.pipeThrough(new TextDecoderStream())) {
      const parts = `${rest}${chunk}`.split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
        if (data.length === 0) continue;
        const { name, status } = JSON.parse(data.join('\n'));
        there.set(name, status === 'healthy');
        if (there.size >= many) resolve();
      }
    }
  } catch (error) {
    if (!listening.signal.aborted) throw error;
  }
}

let turn = 0;
function next(tried) {
  const names = [...there].filter(([name, isWell]) => isWell && !tried.has(name)).map(([name]) => name).sort();
  turn += 1;
  return names[turn % names.length];
}

async function process_(text) {
  const tried = new Set();
  for (;;) {
    const to = next(tried);
    if (to === undefined) throw new Error(`nobody is left for: ${text}`);
    const told = await fetch(`${url}/v1/call`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ to, method: 'process', payload: text, timeout_ms: 60_000 }),
    });
    if (told.status === 200) return told.json();
    console.log(`${to}: ${told.status}`);
    await told.text();
    if (told.status !== 503 && told.status !== 404) throw new Error(`${to} answers ${told.status}`);
    there.set(to, false);
    tried.add(to);
  }
}

await discover(Number(values.workers));
const documents = Array.from({ length: Number(values.documents) }, (_, i) => `document ${i + 1} has some words`);
const done = await Promise.allSettled(documents.map(process_));
const well = done.filter(({ status }) => status === 'fulfilled');
const by = Map.groupBy(well, ({ value }) => value.by);
for (const [name, all] of [...by].sort()) console.log(`${name} did ${all.length}`);
console.log(`${well.length} of ${documents.length}`);
listening.abort();
process.exitCode = well.length === documents.length ? 0 : 1;
