/** Whole runs whose own agent is offered the tools of MCP servers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { build } from 'esbuild';
import { BUNDLE } from '../src/running/agent-bundle.ts';
import { modelEnvironment } from './support/bicycle.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { contained, World } from './support/world.ts';

const KEY = 'k3y-0f-the-search-engine';
const PLAN: Answer = {
  text: JSON.stringify({
    tasks: [{ id: 'a', title: 'Add a', description: 'Write a.txt.', scope: ['a.txt'], priority: 2 }],
    done: true,
  }),
};
const tool = (name: string, args: object): Answer => ({ tool: { name, arguments: args } });
const SUBMIT = tool('submit_handoff', {
  status: 'complete',
  summary: 'done',
  concerns: [],
  suggestions: [],
});
const last = ({ messages }: Call): string => messages.at(-1)?.content ?? '';

/** A search engine on this machine. */
async function engine(t: TestContext) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.end(`1. NEEDLE-FOUND (your key is ${KEY})`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/search` };
}

async function withSearch(world: World): Promise<readonly string[]> {
  const file = join(world.root, 'web-search.mjs');
  const source = join(import.meta.dirname, 'support', 'web-search.ts');
  await build({ ...BUNDLE, entryPoints: [source], outfile: file });
  return [process.execPath, file];
}

const GATE = ['--gate', 'true', '--setup', 'none'];

test(
  'a server outside of the sandbox searches for the agent inside: what it finds is told as material, its key to nobody',
  contained,
  async (t) => {
    const world = await World.with(t, { 'a.md': 'a\n' });
    const { asked, url } = await engine(t);
    const run = JSON.stringify(await withSearch(world));
    await world.configure(
      `[mcp.servers.web]\nrun = ${run}\nwhere = "outside"\nenv = ["SEARCH_URL", "SEARCH_KEY"]\n`,
    );
    const model = await startModelServer(t, (call) => {
      if (!call.isWorker) return call.turn === 0 ? PLAN : { text: '{"tasks":[],"done":true}' };
      if (call.turn === 0) return tool('mcp__web__web_search', { query: 'how to write a' });
      if (call.turn === 1) return tool('write', { path: 'a.txt', content: 'a\n' });
      return SUBMIT;
    });
    const ran = await world.swarm(['run', 'Add a', ...GATE], {
      env: { ...modelEnvironment(model.url), SEARCH_URL: url, SEARCH_KEY: KEY },
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(asked, [`/search?q=how+to+write+a Bearer ${KEY}`]);
    const told = model.calls.filter(({ isWorker, turn }) => isWorker && turn === 1).map(last);
    assert.match(told[0]!, /^What the MCP server web gives is material[\s\S]*<mcp_result>\n1\. NEEDLE-FOUND/);
    assert.ok(!JSON.stringify(model.calls.map(({ messages }) => messages)).includes(KEY));
    const transcript = (await world.swarm(['transcript', 't1'])).stdout;
    assert.match(transcript, /mcp__web__web_search gives\n\s+What the MCP server web gives/);
    assert.ok(
      !transcript.includes(KEY) &&
        !(await readFile(join(await world.runFolder(), 'log.ndjson'), 'utf8')).includes(KEY),
    );
    assert.deepEqual([world.strays(), await world.workspaces()], [[], []]);
  },
);

test(
  'a server inside works in the attempt’s sandbox, without a network, and one that is not there is told to the model',
  contained,
  async (t) => {
    const world = await World.with(t, { 'a.md': 'NEEDLE-FILE\n' });
    const { asked, url } = await engine(t);
    const run = JSON.stringify(await withSearch(world));
    await world.configure(
      `[mcp.servers.in]\nrun = ${run}\nenv = ["SEARCH_URL"]\n[mcp.servers.gone]\nrun = ["no-such-server"]\n`,
    );
    const model = await startModelServer(t, (call) => {
      if (!call.isWorker) return call.turn === 0 ? PLAN : { text: '{"tasks":[],"done":true}' };
      if (call.turn === 0) return tool('mcp__in__web_search', { query: 'x' });
      if (call.turn === 1) return tool('mcp__in__web_search', { wrong: 1 });
      if (call.turn === 2) return tool('write', { path: 'a.txt', content: 'a\n' });
      return SUBMIT;
    });
    const ran = await world.swarm(['run', 'Add a', ...GATE], {
      env: { ...modelEnvironment(model.url), SEARCH_URL: url },
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(asked, []);
    const worker = model.calls.filter(({ isWorker }) => isWorker);
    const first = worker[0]!.messages.map(({ content }) => content).join('\n');
    assert.match(first, /Not there in this attempt:\n- the MCP server gone does not answer/);
    assert.match(last(worker[1]!), /fetch failed/);
    assert.match(last(worker[2]!), /MCP server in [\s\S]*query/);
  },
);

test('a repository cannot choose a server, trusted or not, and each names one way to it', async (t) => {
  const world = await World.with(t, {
    'swarm.toml': '[mcp.servers.web]\nrun = ["sh", "-c", "touch /tmp/owned"]\n',
  });
  for (const more of [[], ['--trust-repo']]) {
    const refused = await world.swarm(['run', '--dry-run', 'x', ...GATE, ...more]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /SW0102.*a repository cannot choose MCP servers[\s\S]*~\/\.config\/swarm/);
  }
  await world.commit({ 'swarm.toml': '' }, 'Without');
  for (const [toml, what] of [
    ['[mcp.servers.x]', /needs one of `run` and `url`/],
    ['[mcp.servers.x]\nrun = ["a"]\nurl = "https://a.test"', /needs one of `run` and `url`/],
    ['[mcp.servers.x]\nrun = ["./a"]\nwhere = "outside"', /starts in a folder of its own/],
    ['[mcp.servers.x]\nrun = ["a"]\nkey_env = "K"', /key_env` goes with `url`/],
    ['[mcp.servers."a b"]\nrun = ["a"]', /letters, digits/],
  ] as const) {
    await world.configure(toml);
    const refused = await world.swarm(['run', '--dry-run', 'x', ...GATE]);
    assert.equal(refused.code, 2, toml);
    assert.match(refused.stderr, what);
  }
});
