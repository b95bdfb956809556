import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARTS, shippedPrompt, workerWithout } from './without.ts';

test('a prompt without one part says everything else of the shipped text, word for word', () => {
  const whole = shippedPrompt('worker');
  for (const part of PARTS) {
    const without = workerWithout(part);
    assert.notEqual(without, whole, part);
    const never = `if ${part} == '(never)'`;
    const asCondition = without.replace(never, `if ${part} != ''`);
    const [before = '', after = ''] = without.split(`{% ${never} %}`);
    const asBlock = before + after.replace('{% endif %}', '');
    assert.ok([asCondition, asBlock].includes(whole), without);
  }
});
