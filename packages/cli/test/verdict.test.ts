/** What a run says of itself at its end: no lie of an agent, a handoff or a check makes it say more than is so. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type PlanTask, World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'a.txt': 'old\n' };

interface Row {
  readonly name: string;
  readonly tasks: readonly PlanTask[];
  readonly gate?: string;
  /** Text of the file for `--accept`. */
  readonly accept?: string;
  readonly code: number;
  /** The exit code with `--strict`. */
  readonly strict: number;
  /** Of every criterion, in the report's order. */
  readonly criteria?: readonly string[];
  readonly verdict: 'complete' | 'incomplete';
  readonly says: RegExp;
}

const TABLE: readonly Row[] = [
  {
    name: 'an agent that says complete and did nothing',
    tasks: [{ title: 'Write b', description: 'true', scope: ['b.txt'], acceptance: '`b.txt` exists' }],
    accept: '- `b.txt` exists\n',
    code: 1,
    strict: 1,
    criteria: ['failed: `b.txt` exists'],
    verdict: 'incomplete',
    says: /nothing landed: 1 of 1 failed.*0 of 1 criterion verified, 1 failed/,
  },
  {
    name: 'a handoff that says its tests pass, and they fail',
    tasks: [
      {
        title: 'Write b',
        description: 'echo wrong > b.txt; echo "All tests pass."',
        scope: ['b.txt'],
        verify: 'grep -qx right b.txt',
        acceptance: '`b.txt` contains `right`',
      },
    ],
    code: 1,
    strict: 1,
    verdict: 'incomplete',
    says: /nothing landed: 1 of 1 failed/,
  },
  {
    name: 'a criterion no machine can check, and one whose program is not there',
    tasks: [{ title: 'Write b', description: 'echo b > b.txt', scope: ['b.txt'] }],
    accept: '- `b.txt` exists\n- People like it\n- `no-such-program --check` passes\n',
    code: 0,
    strict: 1,
    criteria: [
      'unverified: People like it',
      'unverified: `no-such-program --check` passes',
      'verified: `b.txt` exists',
    ],
    verdict: 'complete',
    says: /1 of 3 criteria verified, 2 unverified[\s\S]*there is no program no-such-program/,
  },
  {
    name: 'what landed, and was broken by a later landing',
    tasks: [
      {
        id: 'one',
        title: 'Write b',
        description: 'echo right > b.txt',
        scope: ['b.txt'],
        acceptance: '- `b.txt` contains `right`',
      },
      {
        title: 'Break b',
        description: 'echo wrong > b.txt',
        scope: ['b.txt'],
        acceptance: '- `b.txt` contains `wrong`',
        dependsOn: ['one'],
      },
    ],
    code: 1,
    strict: 1,
    criteria: ['failed: `b.txt` contains `right`', 'verified: `b.txt` contains `wrong`'],
    verdict: 'incomplete',
    says: /incomplete: 1 thing that was to hold does not \(t1: `b\.txt` contains `right`\)/,
  },
  {
    name: 'a check that passed before any work',
    tasks: [{ title: 'Write b', description: 'echo b > b.txt', scope: ['b.txt'] }],
    accept: '- `README.md` exists\n',
    code: 0,
    strict: 1,
    criteria: ['tells-nothing: `README.md` exists'],
    verdict: 'complete',
    says: /0 of 1 criterion verified, 1 tells nothing[\s\S]*it held on the base already, before any work/,
  },
  {
    name: 'everything done, and seen to fail before',
    tasks: [{ title: 'Write b', description: 'echo b > b.txt; echo new > a.txt', scope: ['b.txt', 'a.txt'] }],
    accept: '- `b.txt` exists\n- `a.txt` does not contain `old`\n- `grep -q new a.txt` passes\n',
    code: 0,
    strict: 0,
    criteria: [
      'verified: `b.txt` exists',
      'verified: `a.txt` does not contain `old`',
      'verified: `grep -q new a.txt` passes',
    ],
    verdict: 'complete',
    says: /3 of 3 criteria verified/,
  },
];

async function ended(t: TestContext, { tasks, accept, gate = 'true' }: Row, ...more: string[]) {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1');
  const file = join(world.root, 'accept.md');
  if (accept !== undefined) await writeFile(file, accept);
  const args = await world.plan(tasks, '--gate', gate, ...(accept === undefined ? [] : ['--accept', file]));
  return { world, run: await world.swarm([...args, ...more]) };
}

for (const row of TABLE) {
  test(`${row.name}: the verdict says exactly that`, async (t) => {
    const { world, run } = await ended(t, row);
    assert.equal(run.code, row.code, run.stderr + run.stdout);
    assert.match(run.stdout.replaceAll(/\s+/g, ' '), new RegExp(row.says.source.replaceAll('[\\s\\S]', '.')));
    const report = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
    assert.equal(report.verdict, row.verdict);
    const told = (report.criteria ?? []).map(
      (c: { verdict: string; text: string }) => `${c.verdict}: ${c.text}`,
    );
    assert.deepEqual(told, row.criteria ?? []);
    for (const one of report.criteria ?? [])
      if (one.verdict === 'verified') assert.equal(one.commit, report.head, 'on the final head');
    if (row.tasks.length > 1) {
      const { stdout } = await world.swarm(['explain', 't1']);
      assert.match(stdout, /failed \(command test -f b\.txt && grep -Fq -e right -- b\.txt on \w{10}\)/);
    }
    const status = await world.swarm(['status']);
    const markdown = await world.swarm(['report']);
    for (const one of row.criteria ?? []) {
      const word = one.split(':', 1)[0]!.replace('-', ' ');
      assert.match(markdown.stdout, new RegExp(`\\*\\*${word}\\*\\*`));
      if (word !== 'verified') assert.ok(status.stdout.replaceAll(/\s+/g, ' ').includes(word), status.stdout);
    }
  });

  // One of them is enough to show it; the rest is a unit's to tell.
  if (row.strict !== row.code && row.name.startsWith('a check that passed'))
    test(`${row.name}: not enough under --strict`, async (t) => {
      const { run } = await ended(t, row, '--strict');
      assert.equal(run.code, row.strict, run.stderr + run.stdout);
    });
}

test('criteria may stand in TOML or JSON, and everything wrong in a file is refused at once', async (t) => {
  const world = await World.with(t, FILES);
  const toml = join(world.root, 'accept.toml');
  await writeFile(
    toml,
    '[[criteria]]\nfile = "b.txt"\n[[criteria]]\ntext = "a is new"\nfile = "a.txt"\npattern = "^n.w$"\n[[criteria]]\ncommand = "test -s b.txt"\n',
  );
  const tasks = [{ title: 'Write b', description: 'echo b > b.txt; echo new > a.txt' }];
  const run = await world.swarm(await world.plan(tasks, '--gate', 'true', '--accept', toml, '--strict'));
  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.match(run.stdout, /3 of 3 criteria verified/);

  const wrong = join(world.root, 'wrong.json');
  await writeFile(wrong, '[{"file":"../x"},{"pattern":"x"},{"comand":"x"}]');
  const refused = await world.swarm(await world.plan(tasks, '--gate', 'true', '--accept', wrong));
  assert.equal(refused.code, 65);
  assert.match(refused.stderr, /SW0210[\s\S]*\/0\/file[\s\S]*\/1[\s\S]*\/2/);
});

test('killed while it looks, the run judges after resume only what it had not judged on that head', async (t) => {
  const world = await World.with(t, FILES);
  const accept = join(world.root, 'accept.md');
  await writeFile(
    accept,
    `- \`b.txt\` exists\n- \`test -e b.txt && until test -e ${world.root}/go; do sleep 0.1; done\` passes\n`,
  );
  const tasks = [{ title: 'Write b', description: 'echo b > b.txt' }];
  const args = await world.plan(tasks, '--gate', 'true', '--accept', accept, '--sandbox', 'none');
  const running = world.start(args);
  await running.line(/verified: .*b\.txt/);
  running.kill('SIGKILL');
  await running.ended;
  await world.release();
  const again = await world.swarm(['resume']);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /2 of 2 criteria verified/);
  const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  assert.equal(journal.match(/"acceptance\.judged"/g)?.length, 2);
});
