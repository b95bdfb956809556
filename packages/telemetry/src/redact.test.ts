import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeFinder } from './find.ts';
import type { KnownSecret } from './forms.ts';
import { makeRedactor, REDACTED } from './redact.ts';

const TOKEN = 'ghp_c4n4ryT0k3nOfTh3Operat0r';

test('a secret is taken out however the lines of a program cut it', () => {
  const { redact } = makeRedactor([TOKEN]);
  const base64 = Buffer.from(`a long text before it ${TOKEN} and one behind`).toString('base64');
  const dump = [...Buffer.from(TOKEN)].map((byte) => byte.toString(16)).join(' ');
  assert.equal(redact(`x ${TOKEN.replace('T0k', '\nT0\nk')} y`), `x ${REDACTED} y`);
  assert.equal(redact(`0000 ${dump} zz`), `0000 ${REDACTED} zz`);
  const wrapped = redact(base64.replaceAll(/.{20}/g, '$&\n'));
  assert(wrapped.includes(REDACTED));
  assert.equal(redact(`rev: ${[...TOKEN].reverse().join('')}`), `rev: ${REDACTED}`);
  assert.equal(redact('nothing\nof the\tkind'), 'nothing\nof the\tkind');
});

test('a line of JSON is one still, whatever was taken out of it', () => {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  const { redact } = makeRedactor([TOKEN, String(pem)]);
  const said = [
    `\n${TOKEN}\n`,
    `n${TOKEN}"`,
    String(pem),
    Buffer.from(String(pem)).toString('base64').replaceAll(/.{76}/g, '$&\n'),
  ];
  for (const text of said) {
    const line = redact(JSON.stringify({ text, nested: JSON.stringify({ text }) }));
    const { text: clean, nested } = JSON.parse(line) as { text: string; nested: string };
    for (const one of [clean, nested]) assert(one.includes(REDACTED), one);
  }
});

test('a line of JSON that begins in the middle of a key is one still', () => {
  const pem = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
  );
  const { redact } = makeRedactor([pem]);
  const body = pem.split('\n').slice(1, -2).join('');
  for (let from = 100; from < 140; from++) {
    const line = redact(JSON.stringify({ text: `\n${body.slice(from, from + 200)}\n` }));
    assert.match((JSON.parse(line) as { text: string }).text, /^\n[^\n]*\[redacted\]/, `${from}`);
  }
});

test('each secret that was taken out is told once a text', () => {
  const told: string[] = [];
  const { redact } = makeRedactor(
    [
      { name: 'ONE', value: TOKEN },
      { name: 'TWO', value: 'other-value-2' },
    ],
    ({ name }) => told.push(name),
  );
  redact(`${TOKEN} ${TOKEN}`);
  redact('nothing');
  redact('other-value-2');
  assert.deepEqual(told, ['ONE', 'TWO']);
});

/** Keys as the programs make them that people make keys with. */
const KEYS: Readonly<Record<string, (folder: string) => KnownSecret>> = {
  'ssh-keygen, ed25519': (folder) => sshKey(folder, ['-t', 'ed25519']),
  'ssh-keygen, RSA': (folder) => sshKey(folder, ['-t', 'rsa', '-b', '2048']),
  'ssh-keygen, ECDSA in PEM': (folder) => sshKey(folder, ['-t', 'ecdsa', '-m', 'PEM']),
  'OpenSSL, RSA in PKCS 1': () => pemKey('rsa', 'pkcs1'),
  'OpenSSL, RSA in PKCS 8': () => pemKey('rsa', 'pkcs8'),
  'OpenSSL, Ed25519 in PKCS 8': () => pemKey('ed25519', 'pkcs8'),
};

function sshKey(folder: string, how: readonly string[]): KnownSecret {
  const file = join(folder, 'key');
  rmSync(file, { force: true });
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'somebody@example', ...how, '-f', file]);
  const [value, publicText] = [file, `${file}.pub`].map((path) => readFileSync(path, 'utf8'));
  return { name: 'key', value: value!, publicText: publicText! };
}

function pemKey(kind: 'rsa' | 'ed25519', type: 'pkcs1' | 'pkcs8'): KnownSecret {
  const { privateKey } =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  return { name: 'key', value: String(privateKey.export({ type, format: 'pem' } as never)) };
}

const hasKeygen = (() => {
  try {
    return execFileSync('sh', ['-c', 'command -v ssh-keygen']).length > 0;
  } catch {
    return false;
  }
})();

for (const [what, make] of Object.entries(KEYS)) {
  const skip = what.startsWith('ssh') && !hasKeygen && 'there is no ssh-keygen here';
  test(`a private key is found as it is, in part and encoded, and another one is not: ${what}`, {
    skip,
  }, (t) => {
    const folder = folderFor(t);
    const key = make(folder);
    const other = make(folder);
    const finder = makeFinder([key])!;
    const finds = (text: string) => finder.begin()(Buffer.from(text)) !== undefined;
    const lines = key.value.trim().split('\n');
    for (const text of spellingsOf(key.value)) assert(finds(text), text);
    for (const text of spellingsOf(other.value)) assert(!finds(text), text);
    assert(!finds(key.publicText ?? ''), 'its public half');
    const { redact } = makeRedactor([key]);
    const isSecret = (line: string) => line.length >= 64 && !key.publicText?.includes(line.slice(12, 40));
    const left = lines.slice(2, -2).filter((line) => isSecret(line) && redact(line).includes(line));
    assert.deepEqual(left, [], 'what is printed line by line');
  });
}

const spellingsOf = (value: string): string[] => [
  value,
  value.trim().replaceAll('\n', '\n    '),
  JSON.stringify({ value }),
  Buffer.from(value).toString('base64').replaceAll(/.{76}/g, '$&\n'),
  Buffer.from(value).toString('hex').replaceAll(/.{60}/g, '$&\n'),
];

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'x'), '');
  return folder;
}
