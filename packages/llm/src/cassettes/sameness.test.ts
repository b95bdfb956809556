import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparable, withoutOutputs, worded } from './sameness.ts';

describe('two runs of the same thing ask the same, though there is another', () => {
  const pairs: Readonly<Record<string, readonly [string, string]>> = {
    run: ['see r-20261129-usg6.', 'see r-20261121-k3f7.'],
    commit: ['Files at 485c9e3616:', 'Files at 0123456789:'],
    'whole commit': ['5fe7296319bb0b9165fe5b64e024fec668026d2c', 'ab74d3feca060753415bc9db80b3ee94f5c5cbab'],
    time: ['at 2026-11-29T20:04:16.123Z', 'at 2026-11-30T01:00:00Z'],
    'date of git': ['Date:   Sun Nov 29 20:04:16 2026 +0000', 'Date:   Mon Nov 30 08:00:00 2026 +0100'],
    'date of ls': ['5 Nov 29 20:15 a.txt', '5 Nov  3 20:16 a.txt'],
    date: ['485c9e3 2026-11-21 owner: First', '2d86ec7 2026-11-29 owner: First'],
    duration: ['1 passed in 0.12s', '1 passed in 1.30s'],
    'duration of a test': ['✔ adds (3531.77651ms)', '✔ adds (2.5ms)'],
    'duration of a command': ['it ended after 12 s', 'it ended after 3 s'],
    'key made by chance': [
      'CALL=3bd87953-f8f5-40cd-8ffb-7bd3c24bd002',
      'CALL=001b9a0e-cbc4-4fc4-9a9b-7f1faae19010',
    ],
    'share of the budget': ['tokens: about 93 % left', 'tokens: about 91 % left'],
    'budget of an attempt': [
      'It has 150 answers, 2,000,000 tokens, $1.25 and 30 min.',
      'It has 150 answers, 1,999,000 tokens, $1.20 and 30 min.',
    ],
    'order of news': [
      '<news>\n- t1 landed\n- t2 landed\n</news>',
      '<news>\n- t2 landed\n- t1 landed\n</news>',
    ],
  };
  for (const [name, [a, b]] of Object.entries(pairs))
    it(name, () => {
      assert.notEqual(a, b);
      assert.equal(worded(a), worded(b));
    });

  it('bound on the answer, and order of keys', () => {
    assert.deepEqual(
      JSON.stringify(comparable({ b: 1, max_tokens: 5, a: { maxOutputTokens: 6 } })),
      JSON.stringify(comparable({ a: {}, b: 1, max_completion_tokens: 7 })),
    );
  });
});

describe('a prompt that a person changed is another', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['Write at most 72 characters.', 'Write at most 50 characters.'],
    ['A command may take 30 s.', 'A command may take 60 s.'],
    ['- one\n- two', '- two\n- one'],
    ['<laws>\n- one\n- two\n</laws>', '<laws>\n- two\n- one\n</laws>'],
    ['At most 2000000 tokens.', 'At most 5000000 tokens.'],
    ['Task t1: Add a', 'Task t2: Add a'],
    ['It has 150 answers, 2,000,000 tokens and 30 min.', 'It has 100 answers, 2,000,000 tokens and 30 min.'],
    ['a defaced facade', 'a decade faded'],
    ['<news>\n- t1 landed\n</news>', '<news>\n- t1 failed\n</news>'],
  ];
  for (const [a, b] of pairs) it(JSON.stringify(a), () => assert.notEqual(worded(a), worded(b)));
});

it('what tools gave back is found in every dialect, and nothing else is taken for it', () => {
  const said = (x: string) => [
    { role: 'user', content: 'kept' },
    { role: 'tool', tool_call_id: 'c', content: x },
    { type: 'function_call_output', call_id: 'c', output: x },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: x }] }],
    },
    {
      role: 'user',
      parts: [{ functionResponse: { name: 'read', response: { result: x } } }, { text: 'kept' }],
    },
  ];
  assert.deepEqual(withoutOutputs(said('a')), withoutOutputs(said('b')));
  assert.equal(JSON.stringify(withoutOutputs(said('a'))).split('kept').length, 3);
});
