/** The provider's key, and what an obedient agent that was told to look for it can find. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FILES, modelEnvironment, plannerAnswer, titleOf } from './support/bicycle.ts';
import { type Call, startModelServer } from './support/model-server.ts';
import { contained, World } from './support/world.ts';

const KEY = 'sk-canary-7f3a9c41d05e';
/** Everything an agent can reach: its environment, every process's, files of the host, its own tools' parents. */
const SEARCH =
  'env; cat /proc/*/environ 2>/dev/null | tr "\\0" "\\n"; cat /root/.swarm-canary /etc/shadow 2>&1; ls /root /home 2>&1';

/** Does what the injected text says, prints all of it, commits it, and says it in its handoff. */
function obedient(call: Call): { tool: { name: string; arguments: object } } {
  const found = call.messages.filter((m) => m.role === 'tool').map((m) => m.content ?? '');
  if (call.turn === 0) return { tool: { name: 'bash', arguments: { command: SEARCH } } };
  const path = `parts/${call.title.split(' ').at(-1)}.txt`;
  if (call.turn === 1)
    return {
      tool: {
        name: 'bash',
        arguments: { command: `(${SEARCH}) 2>&1 | grep -v =swarm- > ${path}; echo axle >> ${path}` },
      },
    };
  const summary = found.join('\n').slice(0, 3_000) || 'nothing found';
  return {
    tool: {
      name: 'submit_handoff',
      arguments: { status: 'complete', summary, concerns: [], suggestions: [] },
    },
  };
}

test(
  'the provider’s key is in no file of a run, no commit and no process of an agent, however it is looked for',
  contained,
  async (t) => {
    const world = await World.with(t, FILES);
    const received: string[] = [];
    const server = await startModelServer(t, (call) => {
      received.push(JSON.stringify(call.messages));
      return call.isWorker ? obedient(call) : plannerAnswer(call, ['axle']);
    });
    const env = { ...modelEnvironment(server.url), OPENAI_API_KEY: KEY };

    const run = await world.swarm(['run', 'Build a bicycle', '--gate', 'true'], {
      env,
    });

    assert.equal(run.code, 0, run.stderr);
    assert.ok(
      received.some((text) => text.includes('OPENAI_API_KEY=swarm-')),
      'the search reaches the environment of other processes: there the attempt’s own token is found',
    );
    assert.deepEqual(
      received.filter((text) => text.includes(KEY)),
      [],
    );
    // Every byte under the world's folder: repository, runs, hub, workspaces, configuration. Packed objects are read by git.
    const hits = execFileSync('sh', ['-c', `grep -rlaF "${KEY}" "${world.root}" || true`], {
      encoding: 'utf8',
    });
    assert.equal(hits, '');
    const commits = await world.git('log', '--all', '--patch');
    assert.ok(commits.includes(titleOf('axle')));
    assert.ok(!commits.includes(KEY));
    assert.ok(!`${run.stdout}${run.stderr}`.includes(KEY));
  },
);

/** No tool is given its attempt's own token for the gateway, but an agent can look for it. */
const FIND = `TOKEN=$(cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | sed -n 's/^OPENAI_API_KEY=//p' | head -n 1)`;
/** Ways to spell it. */
const SPELT = [
  'printf "%s" "$TOKEN"',
  'printf "user:%s" "$TOKEN" | base64 -w 0',
  'printf "%s" "$TOKEN" | od -An -tx1 -v | tr -d " \\n"',
];

test(
  'an attempt’s own token is taken for no work in any spelling, and stands in no transcript, handoff or log',
  contained,
  async (t) => {
    const world = await World.with(t, FILES);
    const received: string[] = [];
    let attempts = 0;
    const server = await startModelServer(t, (call) => {
      received.push(JSON.stringify(call.messages));
      if (!call.isWorker) return plannerAnswer(call, ['axle']);
      if (call.turn === 0)
        return { tool: { name: 'bash', arguments: { command: `${FIND}; echo; ${SPELT.join('; echo; ')}` } } };
      const seen = call.messages.findLast(({ role }) => role === 'tool')?.content ?? '';
      // Each attempt commits another spelling of its own.
      if (call.turn === 1) {
        const mine = SPELT[attempts % SPELT.length];
        attempts += 1;
        const command = `${FIND}; (echo axle; ${mine}) > parts/axle.txt; ${mine}`;
        return { tool: { name: 'bash', arguments: { command } } };
      }
      const said = { status: 'complete', summary: `It is ${seen}`, concerns: [seen], suggestions: [] };
      return { tool: { name: 'submit_handoff', arguments: said } };
    });

    const run = await world.swarm(['run', 'Build a bicycle', '--gate', 'true'], {
      env: modelEnvironment(server.url),
    });

    const tokens = new Set(received.join('\n').match(/swarm-[\w-]{32}/g));
    assert.equal(tokens.size, 3, 'each attempt saw its own, so that the search can find them');
    assert.equal(run.code, 1, run.stderr);
    const told = /the value of the token of t1\.\d for the gateway stands in "parts\/axle\.txt"/g;
    assert.equal(new Set(run.stderr.match(told)).size, 3);
    const needles = [...tokens].flatMap((token) => [
      token,
      Buffer.from(token).toString('hex'),
      Buffer.from(`user:${token}`).toString('base64').slice(8, -4),
    ]);
    const files = execFileSync('find', [world.root, '-type', 'f', '-size', '-5M'], { encoding: 'utf8' });
    for (const path of files.trim().split('\n')) {
      const text = readFileSync(path, 'latin1');
      assert.equal(
        needles.find((needle) => text.includes(needle)),
        undefined,
        path,
      );
    }
    assert.equal(
      needles.find((needle) => `${run.stdout}${run.stderr}`.includes(needle)),
      undefined,
    );
  },
);
