import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentJob } from '@swarm/core/ports/running';
import { clock, makeFolder, makeJob, usage } from '../../test/support.ts';
import { createPresetAgent } from './preset.ts';
import { PRESETS } from './presets/presets.ts';
import type { GatewayPass } from './session.ts';

const STREAMS = new URL('../../test/streams/', import.meta.url).pathname;
const GOOD = `cat ${STREAMS}claude-2.1.332-edit.ndjson`;
const BAD = `cat ${STREAMS}claude-2.1.332-quota.ndjson; exit 1`;

/** The driver over a program that prints what the real one printed, in a workspace of its own. */
async function run(
  t: TestContext,
  script: string,
  { pass = {}, job = {} }: { pass?: Partial<GatewayPass>; job?: Partial<AgentJob> } = {},
) {
  const folder = makeFolder(t, { claude: `#!/bin/sh\n${script}\n` });
  chmodSync(join(folder, 'claude'), 0o755);
  const workspace = makeFolder(t);
  const agent = createPresetAgent({
    preset: PRESETS.claude,
    argv: [join(folder, 'claude')],
    model: 'm-1',
    transcriptPath: () => join(folder, 'transcript.ndjson'),
    clock,
    env: { HOME: makeFolder(t) },
    gateway: {
      issue: () => ({ token: 'tok', socketPath: '/nowhere', usage: () => usage(70, 30), ...pass }),
      revoke: () => {},
    },
  });
  const result = await agent.run(makeJob(workspace, job));
  const transcript = readFileSync(join(folder, 'transcript.ndjson'), 'utf8').trim().split('\n');
  return { result, workspace, transcript: transcript.map((line) => JSON.parse(line)) };
}

const HAND_IN = (status: string): string =>
  `printf '{"status":"${status}","summary":"did it"}' > "$SWARM_HANDOFF"`;

test('an agent gets its prompt on stdin and its model by its arguments, and its stream is the transcript', async (t) => {
  const { result, workspace, transcript } = await run(
    t,
    `cat > prompt.txt; echo "$@" > args.txt; ${HAND_IN('complete')}; ${GOOD}`,
  );
  const read = (name: string) => readFileSync(join(workspace, name), 'utf8');
  assert.equal(read('prompt.txt'), 'Rules.\n\nDo {workspace} it.');
  assert.match(read('args.txt'), /^-p --bare --model m-1 --output-format stream-json /);
  assert.deepEqual(result, {
    end: 'finished',
    detail: 'exit code 0',
    claim: { status: 'complete', summary: 'did it', concerns: [], suggestions: [] },
    usage: usage(70, 30),
    toolCalls: 1,
  });
  assert.equal(transcript[0].event.subtype, 'init');
  assert.deepEqual(
    transcript.flatMap(({ said }) => said),
    [
      { kind: 'text', text: 'I write it.' },
      { kind: 'called', id: 'toolu_0_1', tool: 'Bash', detail: '{"command":"echo hello > done.txt; false"}' },
      { kind: 'result', id: 'toolu_0_1', tool: 'Bash', isOk: false, output: 'Exit code 1' },
      { kind: 'text', text: 'Done: wrote done.txt.' },
      { kind: 'ended' },
    ],
  );
  assert.equal(transcript.at(-1).event.type, 'result');
});

test('what it hands in decides: a task that it calls blocked ends as blocked', async (t) => {
  const { result } = await run(t, `${HAND_IN('blocked')}; ${GOOD}`);
  assert.equal(result.end, 'blocked');
});

test('without a handoff its last words are its summary, and that it left none is a concern', async (t) => {
  const { result } = await run(t, GOOD);
  assert.deepEqual(result.claim, {
    status: 'complete',
    summary: 'Done: wrote done.txt.',
    concerns: ['The agent left no handoff.'],
    suggestions: [],
  });
});

test('an exit code of 0 makes nothing complete, and another one fails nothing that was handed in', async (t) => {
  const gaveUp = await run(t, `cat ${STREAMS}claude-2.1.332-quota.ndjson`);
  assert.deepEqual([gaveUp.result.end, gaveUp.result.claim?.status], ['finished', 'partial']);
  const crashed = await run(t, `${HAND_IN('complete')}; ${GOOD}; exit 7`);
  assert.deepEqual([crashed.result.end, crashed.result.claim?.status], ['finished', 'complete']);
});

test('a program that ends badly without a word leaves what it did as partial, with the reason', async (t) => {
  const { result } = await run(t, 'echo "no such model" >&2; exit 3');
  assert.equal(result.end, 'finished');
  assert.equal(result.claim?.status, 'partial');
  assert.match(result.claim?.concerns[0] ?? '', /exit code 3: no such model/);
});

test('an agent whose limit is used up ends by that limit', async (t) => {
  const { result } = await run(t, BAD, { pass: { refused: () => 'usd' } });
  assert.equal(result.end, 'money-limit');
});

test('an agent that every endpoint turned away burns no attempt, by the gateway’s word and not by its own', async (t) => {
  const turned = await run(t, BAD, { pass: { turnedAway: () => 'quota' } });
  assert.equal(turned.result.end, 'model-down');
  const onlySaid = await run(t, BAD);
  assert.equal(onlySaid.result.end, 'finished');
});

test('time that ran out is its end, and what it handed in by then is kept', async (t) => {
  const limits = { ...makeJob('/').limits, wallMs: 3_000 };
  const { result } = await run(t, `${HAND_IN('partial')}; echo '{}'; exec sleep 60`, { job: { limits } });
  assert.deepEqual([result.end, result.claim?.status], ['timeout', 'partial']);
});
