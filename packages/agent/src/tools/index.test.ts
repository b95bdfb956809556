import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HANDOFF_LIST_MAX, HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import { parseClaim } from './handoff.ts';
import { TOOL_SPECS } from './index.ts';

test('the agent has exactly these tools, with these arguments', () => {
  const shape = TOOL_SPECS.map(({ name, parameters }) => {
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
