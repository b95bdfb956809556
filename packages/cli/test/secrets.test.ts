/** The provider's key, and what an obedient agent that was told to look for it can find. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
      tool: { name: 'bash', arguments: { command: `(${SEARCH}) > ${path} 2>&1; echo axle >> ${path}` } },
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
