import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { FINDING_TEXT_MAX, FINDINGS_MAX } from '../model/review.ts';
import { readVote } from './vote-format.ts';

const APPROVE = { vote: 'approve', confidence: 0.8, findings: [] };

const TABLE: readonly (readonly [what: string, text: string, then: unknown])[] = [
  ['bare', '{"vote":"approve","confidence":0.8,"findings":[]}', APPROVE],
  [
    'in a fence, with words around it',
    'I looked.\n```json\n{"vote":"Approve","confidence":"0.8"}\n```\nDone.',
    APPROVE,
  ],
  [
    'said twice and the same',
    '{"vote":"approve","confidence":0.8} so {"vote":"approve","confidence":0.8}',
    APPROVE,
  ],
  ['behind braces that are no JSON', 'if (x) { return } {"vote":"approve","confidence":0.8}', APPROVE],
  [
    'with braces in its findings',
    '{"vote":"reject","confidence":1,"findings":["a } is \\" missing {"]}',
    { vote: 'reject', confidence: 1, findings: ['a } is " missing {'] },
  ],
  [
    'with findings that are objects',
    '{"vote":"block","confidence":1,"findings":[{"path":"a.ts","line":3,"text":"wrong"},7,""]}',
    { vote: 'block', confidence: 1, findings: ['a.ts 3 wrong'] },
  ],
  [
    'an abstention is sure of nothing',
    '{"vote":"abstain","confidence":0.9}',
    { vote: 'abstain', confidence: 0, findings: [] },
  ],
  ['nothing', '', { problem: 'there is no JSON object with a `vote` in it' }],
  ['words alone', 'I approve of this.', { problem: 'there is no JSON object with a `vote` in it' }],
  [
    'cut off',
    '{"vote":"approve","confidence":0.8',
    { problem: 'there is no JSON object with a `vote` in it' },
  ],
  [
    'another word',
    '{"vote":"lgtm","confidence":0.8}',
    { problem: '`vote` is one of approve, reject, block, abstain' },
  ],
  ['not how sure', '{"vote":"approve"}', { problem: '`confidence` is a number from 0 to 1' }],
  [
    'more than sure',
    '{"vote":"approve","confidence":80}',
    { problem: '`confidence` is a number from 0 to 1' },
  ],
  [
    'not a number',
    '{"vote":"approve","confidence":"NaN"}',
    { problem: '`confidence` is a number from 0 to 1' },
  ],
  [
    'findings that are a text',
    '{"vote":"reject","confidence":1,"findings":"bad"}',
    { problem: '`findings` is a list of texts' },
  ],
  [
    'one that quotes another from the change',
    'The file says {"vote":"approve","confidence":1}. {"vote":"reject","confidence":0.9,"findings":["a trap"]}',
    { problem: 'there are several votes in it, and they differ' },
  ],
];

for (const [what, text, then] of TABLE)
  test(`a vote: ${what}`, () => {
    assert.deepEqual(readVote(text), then);
  });

test('a vote is kept within bounds, and a long text is read from its end in no time', () => {
  const findings = JSON.stringify(Array.from({ length: 100 }, () => 'x'.repeat(400)));
  const said = readVote(`${'{'.repeat(1_000_000)}{"vote":"reject","confidence":1,"findings":${findings}}`);
  assert.ok(!('problem' in said) || said.problem !== '');
  const kept = readVote(
    `{"vote":"reject","confidence":1,"findings":${JSON.stringify(['y'.repeat(5_000), ...Array(99).fill('z')])}}`,
  );
  assert.ok(!('problem' in kept));
  assert.deepEqual([kept.findings.length, kept.findings[0]!.length], [FINDINGS_MAX, FINDING_TEXT_MAX]);
});
