import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { capabilityProblem, offers, wantProblem } from './capabilities.ts';

const TABLE: readonly (readonly [has: string, wants: string, offered: boolean])[] = [
  ['gpu', 'gpu', true],
  ['gpu', 'cpu', false],
  ['coder@2.1', 'coder', true],
  ['coder', 'coder@>=1', false],
  ['coder@2.1', 'coder@2', true],
  ['coder@2.1', 'coder@2.2', false],
  ['coder@2', 'coder@2.0.0', true],
  ['coder@2.1', 'coder@>=2', true],
  ['coder@2.1', 'coder@>=2.1.1', false],
  ['coder@2', 'coder@>2', false],
  ['coder@2', 'coder@<=2', true],
  ['coder@2.9', 'coder@^2.1', true],
  ['coder@3', 'coder@^2.1', false],
  ['coder@0.2.9', 'coder@^0.2.1', true],
  ['coder@0.3.0', 'coder@^0.2.1', false],
  ['coder@2.1.9', 'coder@~2.1', true],
  ['coder@2.2', 'coder@~2.1', false],
  ['coder@2.5', 'coder@>=2 <3', true],
  ['coder@3.0', 'coder@>=2 <3', false],
  ['coder@2.5', 'coder@>=2,<2.5', false],
];

for (const [has, wants, offered] of TABLE)
  test(`a worker with ${has} ${offered ? 'has' : 'has not'} ${wants}`, () => {
    assert.equal(wantProblem(wants), undefined);
    assert.equal(capabilityProblem(has), undefined);
    assert.equal(offers(has, wants), offered);
  });

test('what is no name or no version is said to be so, and is offered by nobody', () => {
  for (const text of ['', '-x', 'a b', 'coder@>=2', 'coder@x', 'coder@1.2.3.4', `coder@${'9'.repeat(9)}`])
    assert.ok(capabilityProblem(text), text);
  for (const text of ['', 'coder@', 'coder@>=x', 'coder@>=1 >=2 >=3 >=4 >=5', 'coder@latest']) {
    assert.ok(wantProblem(text), text);
    assert.equal(offers('coder@2', text), false, text);
  }
});
