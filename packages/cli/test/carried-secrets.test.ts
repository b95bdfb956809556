/** A run whose journal is in git, and an agent that prints what looks like a secret: it stays on this disk, in the real program. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { World } from './support/world.ts';

/** Put together here, so that no other scanner takes this file for a leak. */
const BODY = 'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36);
const TOKEN = `ghp_${BODY}`;
const KEY = String(
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
);

const CARRIED = '[journal]\nref = true\nevery = "1s"\n';
/** What an attempt printed that failed is in the journal. */
const CONFIG = '[workers]\nattempts = 1\n';

interface Printed {
  readonly world: World;
  /** All that the reference ever held. */
  readonly carried: string;
  readonly journal: string;
  readonly alarms: readonly string[];
  readonly uncarried: readonly string[];
}

/** One task lands, then one prints this and fails, then one more lands. */
async function printing(t: TestContext, script: string, config = '', files = {}): Promise<Printed> {
  const world = await World.with(t, { 'README.md': 'shop\n', ...files });
  await world.configure(`${CARRIED}${CONFIG}${config}`);
  await writeFile(join(world.root, 'key.pem'), KEY);
  const tasks = [
    { id: 'one', title: 'Write one', description: 'echo one > one.txt' },
    { id: 'two', title: 'Print it', description: `cd ${world.root}; ${script}; exit 1`, dependsOn: ['one'] },
    { id: 'three', title: 'Write three', description: 'echo three > three.txt', dependsOn: ['one'] },
  ];
  const args = await world.plan(tasks, '--sandbox', 'none', '--gate', 'true', '--workers', '2');
  const ended = await world.swarm(args);
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stdout, /landed {2}t3/, 'the run is not held');
  const folder = await world.runFolder();
  const ref = `refs/swarm/${folder.split('/').at(-1)}`;
  const commits = (await world.git('log', '--first-parent', '--format=%H', ref)).split('\n');
  const trees = await Promise.all(commits.map((id) => world.git('grep', '--text', '-h', '-e', '', id)));
  const log = await world.log();
  const told = (event: string) => log.filter((line) => line.event === event).map(({ msg }) => msg);
  return {
    world,
    carried: trees.join('\n'),
    journal: await readFile(join(folder, 'journal.ndjson'), 'utf8'),
    alarms: told('secret.found'),
    uncarried: told('journal.uncarried'),
  };
}

const PRINTS = `printf '%s%s\\n' ghp_ ${BODY}`;

test('what looks like a secret stays out of the reference, the run goes on, and one alarm tells of it', async (t) => {
  const { journal, carried, alarms, world } = await printing(t, PRINTS);
  assert.ok(journal.includes(TOKEN), 'the journal on this disk has it');
  assert.ok(!carried.includes(TOKEN));
  assert.match(carried, /"type":"gate\.ended"/, 'what came before is there');
  assert.equal(alarms.length, 1, alarms.join('\n'));
  assert.match(
    alarms[0]!,
    /^refs\/swarm\/r-\S+ goes on without it: rule github finds what looks like a secret in journal\/000001\.ndjson$/,
  );
  const lease = JSON.parse(
    await world.git('show', `refs/swarm/${(await world.runFolder()).split('/').at(-1)}:lease.json`),
  );
  assert.equal(lease.state, 'closed', 'who works on it is said all the same');
});

test('a key of many lines is one line of the journal, and is found there', async (t) => {
  const { carried, alarms, journal } = await printing(t, 'cat key.pem');
  assert.match(journal, /BEGIN RSA PRIVATE KEY/);
  assert.doesNotMatch(carried, /BEGIN RSA PRIVATE KEY/);
  assert.match(alarms.join('\n'), /^refs\/swarm\/\S+ goes on without it: rule privatekey finds/);
});

for (const [why, config, files] of [
  ['the rules are off', '[secrets]\nrules = "off"\n', {}],
  ['its rule is allowed in what is carried', '[secrets]\nallow = ["rule:github refs/swarm/**"]\n', {}],
  ['the base has it already', '', { 'fixture.txt': `${TOKEN}\n` }],
] as const)
  test(`the same is carried where ${why}`, async (t) => {
    const { journal, carried, alarms } = await printing(t, PRINTS, config, files);
    assert.ok(journal.includes(TOKEN));
    assert.ok(carried.includes(TOKEN));
    assert.deepEqual(alarms, []);
  });
