import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { repositoryPaths } from './finding/paths.ts';
import { RUN, World } from './testing.ts';

// Times are told in the reader's zone.
process.env.TZ = 'UTC';

let world: World;
before(async () => {
  world = await World.make();
  await world.tellRun();
});
after(() => world.remove());

const screen = (text: string): string =>
  text
    .replaceAll(world.root, '<root>')
    .replaceAll(world.landed.slice(0, 10), '<landed>')
    .replaceAll(/\d+[a-z]+ ?\d*[a-z]* ago/g, '<age> ago')
    .trimEnd();

test('help lists every command with an imperative sentence', async () => {
  const { code, stdout } = await world.swarm(['--help']);
  assert.equal(code, 0);
  for (const name of [
    'run',
    'resume',
    'apply',
    'demo',
    'status',
    'tasks',
    'explain',
    'logs',
    'report',
    'verify',
    'schema',
    'init',
    'doctor',
    'clean',
    'prompts',
    'completion',
    'play',
  ]) {
    assert.match(stdout, new RegExp(`^  ${name} .*[A-Z]`, 'm'));
  }
});

test('every command’s help ends with three examples', async () => {
  for (const name of [
    'run',
    'resume',
    'apply',
    'demo',
    'status',
    'tasks',
    'explain',
    'logs',
    'report',
    'verify',
    'schema',
    'init',
    'doctor',
    'clean',
    'prompts',
    'completion',
    'play',
  ]) {
    const { code, stdout } = await world.swarm([name, '--help']);
    assert.equal(code, 0, name);
    assert.equal(stdout.match(/^ {2}\$ swarm /gm)?.length, 3, name);
  }
});

const usage: [string, string[], string][] = [
  [
    'an unknown flag',
    ['run', '--wokers', '3'],
    "error[SW0101]: unknown option '--wokers'\n  why    did you mean --workers?\n  fix    swarm run --help",
  ],
  [
    'an unknown command',
    ['statsu'],
    "error[SW0101]: unknown command 'statsu'\n  why    did you mean status?\n  fix    swarm status",
  ],
  [
    'a missing argument',
    ['explain'],
    "error[SW0101]: missing required argument 'task'\n  fix    swarm explain --help",
  ],
  [
    'an argument too many',
    ['status', 'now'],
    "error[SW0101]: too many arguments for 'status'. Expected 0 arguments but got 1: now.\n  fix    swarm status --help",
  ],
];
for (const [name, args, said] of usage) {
  test(`${name} is refused on stderr with exit 2`, async () => {
    const { code, stdout, stderr } = await world.swarm(args);
    assert.deepEqual([code, stdout, stderr.trimEnd()], [2, '', said]);
  });
}

test('without a command the first steps are shown, on less than a screen, and the exit code is 2', async () => {
  const { code, stdout, stderr } = await world.swarm([]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /swarm demo .*\n {2}swarm doctor .*\n {2}swarm init .*\n\n {2}swarm run --dry-run/);
  const lines = stderr.split('\n');
  assert.ok(lines.length < 24 && lines.every((line) => line.length <= 80), stderr);
});

test('with --json a refusal is one object on stderr', async () => {
  const { code, stderr } = await world.swarm(['status', '--run', 'r-20260101-aaaa', '--json']);
  assert.equal(code, 2);
  const { errors } = JSON.parse(stderr);
  assert.equal(errors[0].code, 'SW0104');
  assert.equal(errors[0].kind, 'usage');
  assert.equal(errors[0].fix, `--run ${RUN}`);
});

test('outside any repository a reading command says so with exit 78', async () => {
  const { code, stderr } = await world.swarm(['status'], { cwd: world.home });
  assert.equal(code, 78);
  assert.equal(
    screen(stderr),
    'error[SW0301]: there is no git repository at <root>/home\n  where  <root>/home\n  fix    --repo <path to the repository>',
  );
});

test('status shows what was moving, what it cost, and that no process works on the run', async () => {
  const { code, stdout, stderr } = await world.swarm(['status']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(
    screen(stdout),
    new RegExp(
      [
        `^run            ${RUN} open, no process works on it: swarm resume`,
        'request        Add a and use it',
        `landing on     refs/heads/swarm/${RUN} at <landed>`,
        'tasks          1 of 3 landed, 1 cancelled, 1 unfinished; the head is <landed>',
        'gate           1 run in 2s, about 2s each, 1 at a time, each handoff by itself,',
        '               5 % expected to fail',
        'spent          1,234 tokens, \\$0.0500',
        'last decision  2026-11-21 10:00:09 UTC, <age> ago',
        '',
        'attempt  was doing  for +agent  title',
        't2.1     starting   .* Use a \\S*',
      ].join('\n'),
    ),
  );
});

test('status names the process that works on the run, and does not take a dead one for it', async () => {
  const { XDG_STATE_HOME = '' } = world.environment();
  const state = (await repositoryPaths(world.repository, false, { XDG_STATE_HOME })).state;
  await mkdir(state, { recursive: true });
  const hold = (pid: number, run = RUN) =>
    writeFile(join(state, 'lock.json'), JSON.stringify({ pid, since: 1, run }));
  const standing = async () => JSON.parse((await world.swarm(['status', '--json'])).stdout).standing;
  await hold(process.pid);
  assert.equal(await standing(), `open, worked on by process ${process.pid}`);
  await hold(process.pid, 'r-20260101-aaaa');
  assert.match(await standing(), /no process works on it/);
  await hold(2 ** 22 + 1);
  assert.match(await standing(), /no process works on it/);
  await rm(join(state, 'lock.json'));
});

test('nothing an agent wrote can reach the terminal as a control sequence', async () => {
  for (const command of [['status'], ['tasks'], ['explain', 't2'], ['report'], ['logs']]) {
    const { stdout } = await world.swarm(command);
    assert.doesNotMatch(stdout, /[\u001b\u202e]/, command.join(' '));
  }
});

test('tasks lists each task with its state and what became of it', async () => {
  const { stdout } = await world.swarm(['tasks']);
  const rows = screen(stdout).split('\n');
  assert.equal(rows[0], 'task  state      attempts  title');
  assert.match(rows[1]!, /^t1 {4}landed {5}1 +Add a +<landed>$/);
  assert.match(rows[3]!, /^t3 {4}cancelled {2}0 +Ask +not wanted$/);
  const { stdout: json } = await world.swarm(['tasks', '--json']);
  assert.deepEqual(
    JSON.parse(json).map((t: { id: string; state: string }) => `${t.id} ${t.state}`),
    ['t1 landed', 't2 assigned', 't3 cancelled'],
  );
});

test('explain tells one task’s story and refuses a task that is not there', async () => {
  const { code, stdout } = await world.swarm(['explain', 't1']);
  assert.equal(code, 0);
  assert.match(screen(stdout), /t1 was accepted from the plan[\s\S]+Now: landed as <landed>\.$/);
  const refused = await world.swarm(['explain', 't9']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^error\[SW0106\]: there is no task "t9" in r-/);
});

test('logs prints the lines, filtered by task or by a pattern of events', async () => {
  const all = await world.swarm(['logs']);
  assert.equal(all.stdout.trimEnd().split('\n').length, 3);
  const landings = await world.swarm(['logs', '--event', 'landing.*']);
  assert.match(landings.stdout, /^\d\d:\d\d:00\.000 \S+ landing\.landed {4}landed t1\n$/);
  const t2 = await world.swarm(['logs', '--task', 't2', '--json']);
  assert.equal(JSON.parse(t2.stdout).event, 'attempt.started');
});

test('logs takes a level, and a time that is a duration ago or stands in full', async () => {
  const count = async (...args: string[]) => {
    const { code, stdout, stderr } = await world.swarm(['logs', ...args]);
    assert.equal(code, 0, stderr);
    return stdout.split('\n').length - 1;
  };
  assert.equal(await count('--level', 'warn'), 0);
  assert.equal(await count('--level', 'info'), 3);
  assert.equal(await count('--since', '2026-11-21T10:00:00Z'), 3);
  assert.equal(await count('--since', '2026-11-21T11:00:00.001+01:00'), 0);
  assert.equal(await count('--since', '365000d'), 3);
});

test('every mistake in what logs is asked is told at once', async () => {
  const { code, stderr } = await world.swarm(['logs', '--task', '12', '--since', 'yesterday']);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /--task "12" cannot be used[\s\S]*--since "yesterday" cannot be used[\s\S]*fix +--since 10m/,
  );
});

test('logs of an event that does not exist is refused instead of silent', async () => {
  const { code, stderr } = await world.swarm(['logs', '--event', 'landings']);
  assert.equal(code, 2);
  assert.match(stderr, /no event has such a name/);
});

test('report is Markdown for people and JSON for programs', async () => {
  const markdown = await world.swarm(['report']);
  assert.deepEqual([markdown.code, markdown.stderr], [0, '']);
  assert.match(markdown.stdout, /^# /);
  const json = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
  assert.deepEqual([json.run, json.landed, json.verdict], [RUN, 1, 'open']);
});

test('verify says which promise it checked and on how much', async () => {
  const { code, stdout } = await world.swarm(['verify']);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^kept {3}P2 {2}no task lands twice: 1 marked commit$/m);
  assert.match(stdout, /every promise was kept \(10 journal entries, 1 commit, 1 landing, 3 tasks\)\n$/);
});

test('schema prints the JSON Schemas, and nothing else is one', async () => {
  for (const name of ['log', 'config', 'task', 'script']) {
    const { code, stdout } = await world.swarm(['schema', name]);
    assert.equal(code, 0);
    assert.equal(typeof JSON.parse(stdout), 'object');
  }
  assert.equal((await world.swarm(['schema', 'logs'])).code, 2);
});

test('a reader that goes away is not a crash', async () => {
  const { execFile } = await import('node:child_process');
  const main = join(import.meta.dirname, 'main.ts');
  const node = `${process.execPath} --conditions=swarm-src ${main}`;
  const script = `${node} schema config | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
  const said = await new Promise<string>((resolve) =>
    execFile('bash', ['-c', script], { cwd: world.repository, env: world.environment() }, (_, out, err) =>
      resolve(out + err),
    ),
  );
  assert.equal(said, '0\n');
});

test('a damaged journal is refused with exit 65, by line and byte', async () => {
  const hurt = await World.make();
  await hurt.tellRun();
  await appendFile(join(hurt.folder, 'journal.ndjson'), 'not a line\n');
  for (const command of ['status', 'tasks', 'report']) {
    const { code, stderr } = await hurt.swarm([command]);
    assert.equal(code, 65, command);
    assert.match(stderr, /^error\[SW0203\]: journal line 11 cannot be trusted/);
  }
  const verify = await hurt.swarm(['verify']);
  assert.equal(verify.code, 65);
  assert.match(verify.stdout, /^BROKEN P7 {2}the journal is whole: line 11, byte \d+/);
  await hurt.remove();
});

test('reading a run with a torn last line neither cuts it nor minds', async () => {
  const torn = await World.make();
  await torn.tellRun();
  const journal = join(torn.folder, 'journal.ndjson');
  await appendFile(journal, '{"v":1,"seq":11');
  assert.equal((await torn.swarm(['status'])).code, 0);
  const { readFile } = await import('node:fs/promises');
  assert.match(await readFile(journal, 'utf8'), /\{"v":1,"seq":11$/);
  await torn.remove();
});

test('the newest run is the one whose journal began last, whatever its name', async () => {
  const two = await World.make();
  await two.tellRun();
  const older = join(dirname(two.folder), 'r-20261121-zzzz');
  await mkdir(older);
  await writeFile(join(older, 'journal.ndjson'), '{"v":1,"seq":1,"at":"2026-11-21T09:00:00.000Z"}\n');
  assert.equal(JSON.parse((await two.swarm(['status', '--json'])).stdout).run, RUN);
  await two.remove();
});

test('the transcript of an agent that other people make is told in our words, and what says nothing is left out', async () => {
  const file = join(world.folder, 'attempts', 't1.1', 'transcript.ndjson');
  const lines = [
    { event: { type: 'system' }, said: [] },
    {
      event: { type: 'assistant' },
      said: [
        { kind: 'text', text: 'I list.' },
        { kind: 'called', id: '1', tool: 'Bash', detail: '{"command":"ls"}' },
      ],
    },
    {
      event: { type: 'user' },
      said: [{ kind: 'result', id: '1', tool: 'Bash', isOk: false, output: 'no\nls' }],
    },
    { event: { type: 'x' }, said: [null, 7, { kind: 'failed', why: 'no credit \u001b[2J' }] },
  ];
  await mkdir(dirname(file), { recursive: true });
  const at = '2026-11-21T10:00:05.000Z';
  await writeFile(file, lines.map((line) => `${JSON.stringify({ ts: at, ...line })}\n`).join(''));
  const { stdout } = await world.swarm(['transcript', 't1']);
  const body = '          ';
  assert.equal(
    stdout.replaceAll(/ +$/gm, ''),
    [
      't1.1',
      `10:00:05  the agent says\n${body}I list.`,
      `10:00:05  Bash\n${body}{"command":"ls"}`,
      `10:00:05  Bash fails with\n${body}no\n${body}ls`,
      '10:00:05',
      '10:00:05',
      `10:00:05  gave up\n${body}no credit`,
      '',
    ].join('\n'),
  );
});
