import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretBook } from './book.ts';
import { formsOf } from './forms.ts';
import { REDACTED } from './redact.ts';

const TOKEN = 'swarm-Qm9udGUtZGUtbGEtbnVpdC1ub2lyZQ';

test('a secret that becomes known later is looked for at once, by whoever looks', () => {
  const book = new SecretBook([{ name: 'KEY', value: 'sk-first-of-all-1' }]);
  const [finder, redactor] = [book.finder(), book.redactor(['setup-value-2'])];
  const said = `sk-first-of-all-1 setup-value-2 ${TOKEN}`;
  assert.equal(redactor.redact(said), `${REDACTED} ${REDACTED} ${TOKEN}`);
  assert.equal(finder.begin()(Buffer.from(TOKEN)), undefined);
  book.add({ name: 'the token of t1.1', value: TOKEN });
  assert.equal(redactor.redact(said), `${REDACTED} ${REDACTED} ${REDACTED}`);
  assert(redactor.longest >= TOKEN.length);
  assert.equal(finder.begin()(Buffer.from(`a ${TOKEN} b`)), 'the token of t1.1');
  assert.equal(finder.begin()(Buffer.from('setup-value-2')), undefined);
});

test('it is found and taken out in every spelling', () => {
  const book = new SecretBook([]);
  const [finder, redactor] = [book.finder(), book.redactor()];
  book.add({ name: 'token', value: TOKEN });
  const percent = [...Buffer.from(TOKEN)].map((byte) => `%${byte.toString(16)}`).join('');
  const spellings = [
    ...formsOf(TOKEN),
    percent,
    percent.toUpperCase(),
    Buffer.from(`Bearer ${TOKEN}`).toString('base64'),
  ];
  for (const text of spellings) {
    assert.equal(finder.begin()(Buffer.from(text)), 'token', text);
    assert(redactor.redact(text).includes(REDACTED), text);
  }
});

test('of very many that came later the newest are looked for, and those known first always', () => {
  const book = new SecretBook([{ name: 'KEY', value: 'sk-first-of-all-1' }]);
  const redactor = book.redactor();
  for (let i = 1000; i < 1300; i++) {
    book.add({ name: `${i}`, value: `swarm-token-${i}` });
    assert.equal(redactor.redact(`swarm-token-${i}`), REDACTED, 'also while they come');
  }
  const said = 'sk-first-of-all-1 swarm-token-1000 swarm-token-1172 swarm-token-1299';
  assert.equal(redactor.redact(said), `${REDACTED} swarm-token-1000 ${REDACTED} ${REDACTED}`);
});
