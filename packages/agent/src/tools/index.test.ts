import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HANDOFF_LIST_MAX, HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import { parseClaim } from './handoff.ts';
import { createToolbox, toolSpecs } from './index.ts';

test('the agent has exactly these tools, with these arguments', () => {
  const shape = toolSpecs().map(({ name, parameters }) => {
    const { properties, required } = parameters as { properties: object; required: string[] };
    const args = Object.keys(properties).map((arg) => (required.includes(arg) ? arg : `${arg}?`));
    return `${name}{${args.join(',')}}`;
  });
  assert.deepEqual(shape, [
    'bash{command,timeoutMs?,background?}',
    'bash_output{id,waitMs?,stop?}',
    'read{path,offset?,limit?}',
    'write{path,content}',
    'edit{path,oldText?,newText?,replaceAll?,edits?}',
    'grep{pattern,path?}',
    'glob{pattern}',
    'plan{items}',
    'submit_handoff{status,summary,concerns?,suggestions?}',
  ]);
});

test('a claim is cut to the sizes the core keeps', () => {
  const claim = parseClaim(
    JSON.stringify({
      status: 'partial',
      summary: 's'.repeat(9_000),
      concerns: Array.from({ length: 50 }, () => 'c'.repeat(9_000)),
    }),
  );
  assert.ok('status' in claim);
  assert.equal(claim.summary.length, HANDOFF_TEXT_MAX);
  assert.equal(claim.concerns.length, HANDOFF_LIST_MAX);
  assert.ok(claim.concerns.every((c) => c.length === HANDOFF_TEXT_MAX));
});

for (const [what, json, problem] of [
  ['not JSON', '{"status": ', /^it is not JSON/],
  ['an unknown status', '{"status": "great", "summary": "x"}', /^status: /],
  ['no object', '[1]', /^it: /],
  ['a list of other things', '{"status": "failed", "summary": "x", "concerns": [{}]}', /^concerns.0: /],
  ['nesting without end', '['.repeat(100_000), /^it is not JSON/],
] as const) {
  test(`a claim that is ${what} is refused by its place`, () => {
    const claim = parseClaim(json);
    assert.ok('problem' in claim);
    assert.match(claim.problem, problem);
  });
}

test('whoever has few tools is offered those alone, and a call of another one is answered and not run', async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'tools-'));
  const box = createToolbox({ workspace, env: {}, clock: NO_CLOCK, only: ['read', 'grep'] });
  assert.deepEqual(
    box.specs.map(({ name }) => name),
    ['read', 'grep', 'plan', 'submit_handoff'],
  );
  for (const name of ['write', 'write_file', 'bash', 'bash_output', 'glob']) {
    const call = { id: 'c', name, argumentsJson: '{"path":"a.txt","content":"x","command":"touch a.txt"}' };
    const { ok, wasRun, output } = await box.run(call, AbortSignal.abort());
    assert.deepEqual([ok, wasRun], [false, false], name);
    assert.match(output, /^there is no tool .*; there are: read, grep, plan, submit_handoff$/);
  }
  assert.deepEqual(await readdir(workspace), []);
  const withBash = createToolbox({ workspace, env: {}, clock: NO_CLOCK, only: ['bash'] });
  assert.ok(withBash.specs.some(({ name }) => name === 'bash_output'));
  box.close();
  withBash.close();
  await rm(workspace, { recursive: true });
});

const NO_CLOCK = { now: () => 0, monotonic: () => 0, after: () => () => undefined };
