import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSecretRules, type RulesAsk } from './rules.ts';

/** Put together here, so that no other scanner takes this file for a leak. */
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`;
const SAMPLES: Readonly<Record<string, string>> = {
  github: GITHUB,
  slack: ['xoxb', '123456789012', '1234567890123', 'AbCdEfGhIjKlMnOpQrStUvWx'].join('-'),
  npm: `//registry.npmjs.org/:_authToken=npm_${'abcdefghijklmnopqrstuvwxyz0123456789'}`,
  basicauth: `https://deploy:${'s3cr3tPassw0rt'}@git.corp.com/x.git`,
  'database-connection-string': `postgres://app:${'s3cr3tPassw0rt'}@prod.db.internal/app`,
  privatekey: String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
  ),
};

function rulesFor(t: TestContext, ask: Partial<RulesAsk> = {}) {
  const rules = createSecretRules({ allow: [], ...ask });
  t.after(() => rules.close());
  return rules;
}
const text = (path: string, content: string | Buffer) => ({ path, bytes: Buffer.from(content) });

test('what has the form of a secret is found, with its rule, path and line', async (t) => {
  const rules = rulesFor(t);
  for (const [rule, sample] of Object.entries(SAMPLES)) {
    const said = await rules.look([
      text('src/clean.ts', 'nothing\n'),
      text('src/a.ts', `one\ntwo\n  ${sample}\n`),
    ]);
    assert(said.kind === 'looked');
    assert.deepEqual(
      said.hits.map((hit) => [hit.path, hit.rule, hit.line]),
      [['src/a.ts', rule, 3]],
      rule,
    );
    assert(sample.trim().includes(said.hits[0]!.value.trim()), rule);
  }
});

test('it is found alike alone, among many small texts, and where a key begins in one text and another ends in the next', async (t) => {
  const rules = rulesFor(t);
  const lines = SAMPLES.privatekey!.split('\n');
  const [half, rest] = [lines.slice(0, 10), lines.slice(10)].map((some) => some.join('\n')) as [
    string,
    string,
  ];
  const many = Object.values(SAMPLES).flatMap((sample, i) => [
    text(`half-${i}.ts`, half),
    text(`rest-${i}.ts`, rest),
    text(`src/${i}.ts`, `one\n${sample}\ntwo`),
    text(`package-${i}.json`, `{ "x": ${JSON.stringify(sample)} }`),
  ]);
  const told = (said: Awaited<ReturnType<typeof rules.look>>) =>
    said.kind === 'looked' ? said.hits.map((hit) => JSON.stringify(hit)).sort() : said.why;
  const alone: string[] = [];
  for (const one of many) alone.push(...told(await rules.look([one])));
  assert(alone.length >= Object.keys(SAMPLES).length);
  assert.deepEqual(told(await rules.look(many)), alone.sort());
  const large = Array.from({ length: 40 }, (_, i) => text(`${i}.ts`, `${'x\n'.repeat(10_000)}${GITHUB}`));
  const said = await rules.look(large);
  assert(said.kind === 'looked');
  assert.deepEqual(
    said.hits.map(({ path, line }) => [path, line]),
    large.map(({ path }) => [path, 10_001]),
  );
});

test('no comment in a text turns a rule off', async (t) => {
  const rules = rulesFor(t);
  for (const comment of ['secretlint-disable', 'secretlint-disable-line', 'secretlint-disable-next-line'])
    for (const content of [`// ${comment}\n${GITHUB}\n`, `/* ${comment} */ ${GITHUB} // ${comment}\n`]) {
      const said = await rules.look([text('a.ts', content)]);
      assert(said.kind === 'looked' && said.hits.length === 1, content);
    }
});

test('it is found in UTF-16, behind a mark of UTF-8, and among bytes that are no text', async (t) => {
  const rules = rulesFor(t);
  const account = JSON.stringify({
    private_key_id: 'a1',
    private_key: SAMPLES.privatekey,
    client_email: 'x@y',
  });
  const contents: [string, Buffer][] = [
    ['a.txt', Buffer.from(`\ufeff${GITHUB}`, 'utf16le')],
    ['a.bin', Buffer.concat([Buffer.of(0, 255, 254, 0, 10), Buffer.from(GITHUB), Buffer.of(0, 128)])],
    ['a.json', Buffer.from(`\ufeff${account}`)],
  ];
  for (const [path, content] of contents) {
    const said = await rules.look([text(path, content)]);
    assert(said.kind === 'looked' && said.hits.length > 0, path);
  }
});

test('what the operator allows is no hit, and an allowed path is not even read', async (t) => {
  const rules = rulesFor(t, { allow: ['test/**', 'rule:slack'], bytesMax: 1_000 });
  const said = await rules.look([
    text('test/big.ts', `${GITHUB}\n`.repeat(100)),
    text('src/a.ts', `${SAMPLES.slack}\n${GITHUB}\n`),
  ]);
  assert(said.kind === 'looked');
  assert.deepEqual(
    said.hits.map(({ path, rule }) => [path, rule]),
    [['src/a.ts', 'github']],
  );
});

test('more than it may look at, an answer that comes too late and a process that ends are told, and it goes on', async (t) => {
  const small = await rulesFor(t, { bytesMax: 10 }).look([text('a', 'x'.repeat(11))]);
  assert.deepEqual(small, { kind: 'not-looked', why: 'it adds 11 bytes, more than 10' });
  const late = await rulesFor(t, { deadlineMs: 0 }).look([text('a', GITHUB.repeat(100_000))]);
  assert.deepEqual(late, { kind: 'not-looked', why: 'the rules did not answer within 0 ms' });
  const folder = await mkdtemp(join(tmpdir(), 'swarm-rules-'));
  t.after(() => rm(folder, { recursive: true }));
  const program = join(folder, 'child.mjs');
  const says = (line: string) => writeFileSync(program, line);
  const rules = rulesFor(t, { program });
  says(`process.on('message', () => process.exit(1));`);
  assert.deepEqual(await rules.look([text('a', 'x')]), { kind: 'not-looked', why: 'the rules ended' });
  says(`process.on('message', ({ id }) => process.send({ id, error: 'broken' }));`);
  assert.deepEqual(await rules.look([text('a', 'x')]), {
    kind: 'not-looked',
    why: 'the rules failed: broken',
  });
  says(`process.on('message', ({ id }) => process.send({ id, hits: [] }));`);
  assert.deepEqual(await rules.look([text('a', 'x')]), { kind: 'looked', hits: [] });
});

test('several looks at once each have their own answer', async (t) => {
  const rules = rulesFor(t);
  const all = await Promise.all(
    [GITHUB, 'nothing', SAMPLES.slack!].map((content) => rules.look([text('a', content)])),
  );
  assert.deepEqual(
    all.map((said) => said.kind === 'looked' && said.hits.map(({ rule }) => rule)),
    [['github'], [], ['slack']],
  );
});

test('where there is nothing to look at no process is started', async (t) => {
  const rules = rulesFor(t, { program: '/nonexistent', allow: ['x'] });
  assert.deepEqual(await rules.look([text('a', ''), text('x', GITHUB)]), { kind: 'looked', hits: [] });
});

test('the rules look also where the folder the process stands in was removed', async (t) => {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  const gone = await mkdtemp(join(tmpdir(), 'swarm-gone-'));
  process.chdir(gone);
  await rm(gone, { recursive: true });
  const said = await rulesFor(t).look([text('a.ts', GITHUB)]);
  assert(said.kind === 'looked' && said.hits.length === 1, JSON.stringify(said));
});
