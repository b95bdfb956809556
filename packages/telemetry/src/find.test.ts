import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFinder } from './find.ts';

const VALUE = 'npm_c4n4ry"Tok/en+Value';
const finder = makeFinder([
  { name: 'NPM_TOKEN', value: VALUE },
  { name: 'short', value: 'abc1234' },
  {
    name: 'DEPLOY_KEY',
    value: '-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nshort\n-----END KEY-----',
  },
])!;
const look = (...pieces: (string | Buffer)[]): string | undefined => {
  const next = finder.begin();
  return pieces.map((piece) => next(Buffer.from(piece))).find((found) => found !== undefined);
};

const FORMS: [string, string | Buffer][] = [
  ['as it stands', `a=${VALUE};`],
  ['in JSON', JSON.stringify({ a: VALUE })],
  ['in base64', Buffer.from(`user:${VALUE}@host`).toString('base64')],
  ['in base64url', Buffer.from(`x${VALUE}`).toString('base64url')],
  ['in hex', Buffer.from(VALUE).toString('hex').toUpperCase()],
  ['in percent signs', encodeURIComponent(VALUE)],
  ['in UTF-16', Buffer.from(VALUE, 'utf16le')],
  ['backwards', [...VALUE].reverse().join('')],
  ['over several lines', VALUE.replaceAll(/.{5}/g, '$&\n')],
  ['in base64 of several lines', Buffer.from(VALUE).toString('base64').replaceAll(/.{7}/g, '$&\r\n')],
  [
    'in JSON of base64 of several lines',
    JSON.stringify(Buffer.from(VALUE).toString('base64').replaceAll(/.{7}/g, '$&\n')),
  ],
  ['in a dump of bytes', [...Buffer.from(VALUE)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')],
];
for (const [how, text] of FORMS) {
  test(`a known secret is found ${how}, wherever the pieces part`, () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at += 1)
      assert.equal(look(bytes.subarray(0, at), bytes.subarray(at)), 'NPM_TOKEN', `${at}`);
    const single = [...bytes].map((byte) => Buffer.of(byte));
    assert.equal(look(...single), 'NPM_TOKEN');
  });
}

test('a key of many lines is found by any long line of it', () => {
  assert.equal(look('key: |\n    b3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n'), 'DEPLOY_KEY');
});

test('neither a value that is too short nor half of a secret is taken for one', () => {
  assert.equal(look('abc1234 -----BEGIN KEY----- short npm_c4n4ry"Tok/en', '+Valu', 'npm_c4n4ry'), undefined);
  assert.equal(makeFinder([{ name: 'short', value: 'abc1234' }]), undefined);
});
