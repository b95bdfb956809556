import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { outsideOf } from './within.ts';

const ROWS: readonly (readonly [outer: string[], inner: string[], outside: string[]])[] = [
  [['a.ts'], ['a.ts'], []],
  [['a.ts'], ['A.ts'], []],
  [['a.ts'], ['b.ts'], ['b.ts']],
  [['src'], ['src/a.ts', 'src/deep/b.ts', 'src/x/'], []],
  [['src/'], ['src/a.ts'], []],
  [['src'], ['srcs/a.ts'], ['srcs/a.ts']],
  [['src/**'], ['src/a.ts', 'src/deep/*.ts'], []],
  [['src/*.ts'], ['src/a.ts'], []],
  [['src/*.ts'], ['src/a.md', 'src/deep/a.ts', 'src'], ['src/a.md', 'src/deep/a.ts', 'src']],
  [['src/*.ts'], ['src/*.ts', 'src/a*.ts'], ['src/a*.ts']],
  [['src/a.ts', 'src/b.ts'], ['src/'], ['src/']],
  [['src/a.ts'], ['src/a.ts/b.ts'], []],
  [['**'], ['any/where.ts'], []],
  [['lib'], ['lib/../src/a.ts'.replace('lib/../', '')], ['src/a.ts']],
  [['src/{a,b}.ts'], ['src/a.ts', 'src/c.ts'], ['src/c.ts']],
  [[], ['a.ts'], ['a.ts']],
];

for (const [outer, inner, outside] of ROWS)
  test(`of ${inner.join(', ')} there lies outside [${outer.join(', ')}]: ${outside.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(outsideOf(outer, inner), outside);
  });

test('what lies within a scope touches only what that scope names', () => {
  assert.deepEqual(outsideOf(['**/*.md'], ['docs/a.md', 'docs/a.ts']), ['docs/a.ts']);
});
