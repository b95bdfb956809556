import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentJob } from '@swarm/core/ports/running';
import { bareRoom, clock, makeFolder, makeJob, usage } from '../../test/support.ts';
import { createCommandAgent, fillIn } from './command.ts';
import type { DriverParts } from './session.ts';

async function run(
  t: TestContext,
  argv: readonly string[],
  over: { script?: string; job?: Partial<AgentJob>; parts?: Partial<DriverParts> } = {},
) {
  const folder = makeFolder(t);
  const workspace = makeFolder(t, { 'agent.sh': `#!/bin/sh\n${over.script ?? ''}\n` });
  chmodSync(join(workspace, 'agent.sh'), 0o755);
  const agent = createCommandAgent({
    transcriptPath: () => join(folder, 'transcript.ndjson'),
    clock,
    run: argv,
    ...over.parts,
  });
  const result = await agent.run(makeJob(workspace, over.job));
  return { result, workspace };
}
const runScript = (t: TestContext, script: string, job: Partial<AgentJob> = {}) =>
  run(t, ['./agent.sh'], { script, job });

test('a command works in the workspace with its prompt and its task in files', async (t) => {
  const { result, workspace } = await run(
    t,
    ['./agent.sh', '{prompt_file}', '--task={task_file}', '{prompt}'],
    {
      script:
        'cp "$1" prompt.txt; cp "$(echo "$2" | cut -d= -f2)" task.txt; printf %s "$3" > arg.txt; env > env.txt',
    },
  );
  const read = (name: string) => readFileSync(join(workspace, name), 'utf8');
  assert.equal(read('prompt.txt'), 'Rules.\n\nDo {workspace} it.');
  assert.equal(read('arg.txt'), 'Rules.\n\nDo {workspace} it.');
  assert.equal(read('task.txt'), '{"id":"t1","title":"Do it"}');
  for (const line of ['SWARM_TASK=t1', 'SWARM_ATTEMPT=t1.1', `SWARM_WORKSPACE=${workspace}`]) {
    assert.ok(read('env.txt').split('\n').includes(line), line);
  }
  assert.doesNotMatch(read('env.txt'), /API_KEY/);
  assert.deepEqual(result, {
    end: 'finished',
    detail: 'exit code 0',
    usage: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, priced: true },
    toolCalls: 0,
  });
});

test('with a gateway the command finds its token under the names agents look for', async (t) => {
  const pass = { token: 'tok', socketPath: '/nowhere', usage: () => usage(7, 3) };
  const { result, workspace } = await run(t, ['./agent.sh'], {
    script: 'echo "$OPENAI_API_KEY $ANTHROPIC_API_KEY" > keys.txt',
    parts: { gateway: { issue: () => pass, revoke: () => {} } },
  });
  assert.equal(readFileSync(join(workspace, 'keys.txt'), 'utf8'), 'tok tok\n');
  assert.deepEqual(result.usage, usage(7, 3));
});

test('the agent’s room has what swarm adds and the gateway, and is closed after it; its network is an agent’s', async (t) => {
  const pass = { token: 'tok', socketPath: '/sockets/t1.1/gw.sock', usage: () => usage(7, 3) };
  const workspace = makeFolder(t);
  const seen: unknown[] = [];
  await run(t, ['true'], {
    parts: {
      gateway: { issue: () => pass, revoke: () => {} },
      readOnly: [{ host: '/our/program', inside: '/swarm/program' }],
    },
    job: {
      async open(needs) {
        seen.push(needs);
        const room = bareRoom(workspace, needs);
        return {
          ...room,
          run(command) {
            seen.push([command.network, command.gateway]);
            return room.run(command);
          },
          async close() {
            seen.push('closed');
            await room.close();
          },
        };
      },
    },
  });
  assert.deepEqual(seen, [
    {
      readOnly: [{ host: '/our/program', inside: '/swarm/program' }],
      gatewaySocket: '/sockets/t1.1/gw.sock',
    },
    ['agent', 'address'],
    'closed',
  ]);
});

test('a room that cannot be taken down again is told, and ends no attempt', async (t) => {
  const told: string[] = [];
  const workspace = makeFolder(t);
  const { result } = await run(t, ['true'], {
    parts: { onTrouble: (attempt, why) => told.push(`${attempt}: ${why}`) },
    job: {
      async open(needs) {
        const room = bareRoom(workspace, needs);
        const close = () => room.close().then(() => Promise.reject(new Error('EBUSY')));
        return { ...room, close };
      },
    },
  });
  assert.equal(result.end, 'finished');
  assert.deepEqual(told, ['t1.1: files of the job are left behind: EBUSY']);
});

test('holes are filled once: what a prompt says of holes stays as it is', () => {
  const values = { prompt: '{task_file}', prompt_file: 'p', task_file: 't', workspace: 'w' };
  assert.deepEqual(fillIn(['x', '{prompt}', 'a{task_file}b{workspace}', '{other}'], values), [
    'x',
    '{task_file}',
    'atbw',
    '{other}',
  ]);
});

test('an exit other than 0 has failed, with the end of what it printed', async (t) => {
  const { result } = await runScript(t, 'seq 1 2000; printf "\\033[31mno such table\\n" >&2; exit 4');
  assert.equal(result.end, 'failed');
  assert.match(result.detail, /^exit code 4: …/);
  assert.match(result.detail, /\[31mno such table$/);
  assert.ok(result.detail.length < 2_100);
});

test('a failure after the last token was spent is put down to the limit', async (t) => {
  const pass = { token: 'tok', socketPath: '/nowhere', usage: () => usage(900, 100) };
  const { result } = await run(t, ['./agent.sh'], {
    script: 'exit 1',
    job: { limits: { ...makeJob('/').limits, tokens: 1_000 } },
    parts: { gateway: { issue: () => pass, revoke: () => {} } },
  });
  assert.equal(result.end, 'token-limit');
});

for (const [status, end] of [
  ['complete', 'finished'],
  ['partial', 'finished'],
  ['blocked', 'blocked'],
  ['failed', 'failed'],
] as const) {
  test(`a handoff file that says ${status} ends the attempt as ${end}`, async (t) => {
    const json = JSON.stringify({ status, summary: 'what I did', concerns: ['c'], extra: { deep: [1] } });
    const { result } = await runScript(t, `echo '${json}' > "$SWARM_HANDOFF"`);
    assert.equal(result.end, end);
    assert.deepEqual(result.claim, { status, summary: 'what I did', concerns: ['c'], suggestions: [] });
  });
}

for (const [what, script, problem] of [
  ['is not JSON', 'echo nonsense > "$SWARM_HANDOFF"', /it is not JSON/],
  ['has the wrong shape', `echo '{"status":"done"}' > "$SWARM_HANDOFF"`, /status: /],
  ['is too large', 'head -c 300000 /dev/zero > "$SWARM_HANDOFF"', /it has 300000 bytes/],
] as const) {
  test(`a handoff file that ${what} is a concern, never a failure`, async (t) => {
    const { result } = await runScript(t, `echo worked; ${script}`);
    assert.equal(result.end, 'finished');
    assert.equal(result.claim?.status, 'partial');
    assert.equal(result.claim?.summary, 'worked');
    assert.match(result.claim?.concerns[0] ?? '', problem);
  });
}

test('a command is stopped at its time, when it goes quiet, and when it is called off', async (t) => {
  const { limits } = makeJob('/');
  const end = async (job: Partial<AgentJob>) => (await runScript(t, 'sleep 60', job)).result.end;
  assert.equal(await end({ limits: { ...limits, wallMs: 200 } }), 'timeout');
  assert.equal(await end({ limits: { ...limits, quietMs: 200 } }), 'stuck');
  assert.equal(await end({ signal: AbortSignal.abort() }), 'aborted');
});

test('a command that prints nothing is not stuck while the gateway sees it call the model', async (t) => {
  let calls = 0;
  const pass = { token: 'tok', socketPath: '/nowhere', usage: () => ({ ...usage(1, 1), calls: ++calls }) };
  const { result } = await run(t, ['./agent.sh'], {
    script: 'sleep 1',
    job: { limits: { ...makeJob('/').limits, quietMs: 200 } },
    parts: { gateway: { issue: () => pass, revoke: () => {} } },
  });
  assert.equal(result.end, 'finished');
});

test('a command line that cannot work says which program, why, and the fix', async (t) => {
  const hidden = makeFolder(t, { 'my-agent': '' });
  const detail = async (argv: string[], parts: Partial<DriverParts> = {}, job: Partial<AgentJob> = {}) => {
    const { result } = await run(t, argv, { parts, job });
    assert.equal(result.end, 'cannot-run');
    return result.detail;
  };
  assert.equal(
    await detail(['./codemod.sh']),
    "the agent's program ./codemod.sh is not in the repository at this commit; fix: commit it, or name a program on PATH",
  );
  assert.equal(
    await detail(
      [`${hidden}/my-agent`],
      {},
      { open: async (needs) => bareRoom(makeFolder(t), needs, hidden) },
    ),
    `the agent's program ${hidden}/my-agent is not visible inside the sandbox; fix: install it under /usr, commit it and name it ./my-agent, or run with --sandbox none`,
  );
  assert.match(await detail([]), /^agent.command.run is empty; fix: set run = /);
  assert.match(await detail(['no-such-agent-here']), /no-such-agent-here/);
  assert.match(
    await detail(['./agent.sh', '{prompt}'], {}, { prompt: { system: '', user: 'p'.repeat(200_000) } }),
    /^argument 1 .* longer than the system allows; fix: use \{prompt_file\}/,
  );
});
