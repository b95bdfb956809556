import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAsk } from '../server/ask.ts';
import { applied, functionAt, swapsIn } from './faults.ts';
import { mechanic } from './mechanic.ts';

const SOURCE = `/** a < b */
export function clamp(x, low) {
  return x < low ? low + 1 : x;
}`;

describe('the rule book', () => {
  test('holds the way back of every slip it can make', () => {
    for (const swap of swapsIn('src/a.js', SOURCE)) {
      const back = swapsIn('src/a.js', applied(SOURCE, swap)).map((one) =>
        applied(applied(SOURCE, swap), one),
      );
      assert.ok(back.includes(SOURCE), JSON.stringify(swap));
    }
  });

  test('touches code alone, and knows the function of a line', () => {
    const swaps = swapsIn('src/a.js', SOURCE);
    assert.deepEqual([...new Set(swaps.map(({ line }) => line))], [2]);
    assert.equal(functionAt(SOURCE, 2), 'clamp');
  });
});

const USER = `<environment>
Setup: none.
</environment>

<task>
Task t1: Mend

Scope (the paths you may touch):
src/a.js

Acceptance:
It passes.

Its own verification, which must exit with 0 in a clean checkout of what you commit:
node --test a.test.js
</task>

<laws>
- A test that is deleted, skipped or made weaker comes back.
</laws>`;

type Call = readonly [name: string, args: object, result: string];

/** A conversation after these calls and results. */
const answered = (...done: readonly Call[]) => answeredTo(USER, ...done);

function answeredTo(user: string, ...done: readonly Call[]) {
  const turns = done.flatMap(([name, args, content], i) => [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: `c${i}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
    },
    { role: 'tool', tool_call_id: `c${i}`, content },
  ]);
  const raw = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: user }, ...turns] });
  return mechanic({ ...readAsk(raw), raw, before: 0, again: 0 });
}

const CHECK = { command: 'node --test a.test.js', timeoutMs: 10_000 };
const SHOWN = `src/a.js, lines 1 to 4 of 4\n${SOURCE.split('\n')
  .map((line, i) => `${i + 1}\t${line}`)
  .join('\n')}`;

describe('the mechanic', () => {
  test('runs the check it was told, then reads its scope, then tries what the failing test names', () => {
    assert.deepEqual(answered().calls?.[0]?.arguments, CHECK);
    const failed = ['bash', CHECK, 'exit code 1\n✖ clamp is right'] as const;
    assert.deepEqual(answered(failed).calls, [{ name: 'read', arguments: { path: 'src/a.js' } }]);
    const [edit, check] = answered(failed, ['read', { path: 'src/a.js' }, SHOWN]).calls ?? [];
    assert.equal(edit?.name, 'edit');
    assert.deepEqual(check?.arguments, CHECK);
  });

  test('hands in when the check passes, and not before', () => {
    const read = ['read', { path: 'src/a.js' }, SHOWN] as const;
    const passed = answered(['bash', CHECK, 'exit code 1'], read, ['bash', CHECK, 'exit code 0']);
    assert.equal(passed.calls?.[0]?.name, 'submit_handoff');
  });

  test('keeps what makes fewer tests fail where nobody named a file, and takes back everything else', () => {
    const failing = (n: number) => `exit code 1\n✖ clamp is right\nℹ fail ${n}`;
    const begun: readonly Call[] = [
      ['bash', CHECK, failing(3)],
      ['read', { path: 'src/a.js' }, SHOWN],
    ];
    const second = (user: string, left: number) => {
      const [edit] = answeredTo(user, ...begun).calls!;
      const tried: readonly Call[] = [
        ['edit', edit!.arguments, ''],
        ['bash', CHECK, failing(left)],
      ];
      const { edits, status } = answeredTo(user, ...begun, ...tried).calls![0]!.arguments as {
        edits?: object[];
        status?: string;
      };
      return edits?.length ?? status;
    };
    const whole = USER.replace('Scope (the paths you may touch):\nsrc/a.js\n', '');
    assert.equal(second(whole, 3), 2, 'the one before is taken back in the same edit');
    assert.equal(second(whole, 2), 'partial', 'its line is mended, and there is no other one');
    assert.equal(second(USER, 2), 2);
  });
});
