/** `swarm board` on real terminals: what a person sees of a live run, every key, and what becomes of the terminal. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KEYS } from '@swarm/dashboard/board/keys';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { onPty } from './support/pty.ts';
import { type PlanTask, World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--sandbox', 'none'] as const;
const FILES = { 'README.md': 'shop\n' };
const until = (world: World, what: string, then: string): string =>
  `until test -e ${world.root}/go; do sleep 0.5; done; ${then} ${what}.txt`;

/** Tasks that wait for the world's word. */
const waiting = (world: World, count: number): PlanTask[] =>
  [...Array(count).keys()].map((i) => ({
    title: `Write the part number ${i + 1}`,
    description: until(world, `p${i + 1}`, 'echo 1 >'),
    scope: [`p${i + 1}.txt`],
  }));

const SIZES = [
  { columns: 100, rows: 30 },
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
] as const;

/** Of the header: whole seconds since the run was opened. */
const elapsedIn = (screen: string): number => {
  const [, minutes = '0', seconds = '0'] =
    /(?:(\d+)m )?(\d+)s(?:, about .*)?$/m.exec(screen.split('\n')[0]!) ?? [];
  return Number(minutes) * 60 + Number(seconds);
};

test('a live run of twelve workers is whole at three sizes, and a second costs the terminal few bytes and erases no line', async (t) => {
  const world = await World.with(t, FILES);
  const run = world.start(await world.plan(waiting(world, 14), ...OPEN, '--workers', '12'));
  await run.line(/t12\.1 started/);
  await Promise.all(
    SIZES.map(async ({ columns, rows }) => {
      const pty = onPty(world, ['board'], { columns, rows });
      // Agents begin a few at a time; the smallest screen does not show the last.
      const last = rows > 24 ? /12 of 12 at work[\s\S]*t12\.1 +running/ : /12 of 12 at work[\s\S]* begins /;
      const screen = await pty.shows(
        (now) => last.test(now) && /^›t1\.1 .* \d+s\b/m.test(now) && elapsedIn(now) > 0,
      );
      const lines = screen.split('\n');
      assert.ok(lines.length <= rows && lines.every((line) => line.length <= columns), screen);
      assert.match(lines[0]!, /^r-\S+ open, worked on by process \d+ .*\d+s$/);
      assert.match(lines[2]!, /^0 of 14 landed · 12 working · 2 waiting · target green at [0-9a-f]{10}/);
      assert.match(lines[3]!, /^0 tokens · \$0\.0000 · verdict: open/);
      for (const title of ['━━ agents', '── merge queue', '── tasks', '── activity'])
        assert.ok(screen.includes(title), `${columns}: ${title}`);
      assert.match(screen, /›t1\.1 +running +command +Write the part numb\S+ .*\d+s/);
      assert.match(lines.at(-1)!, /^\? keys {2}q leave {2}Tab pane/);

      const from = elapsedIn(screen);
      const before = pty.sent().length;
      const later = await pty.shows((now) => elapsedIn(now) >= from + 3);
      const told = pty.sent().slice(before);
      const perSecond = told.length / (elapsedIn(later) - from);
      assert.ok(perSecond < 1_500, `${columns} by ${rows}: ${perSecond} bytes a second`);
      assert.doesNotMatch(told, /\u001b\[(?:2K|2?J|0J|3J)/, `${columns} by ${rows} erases`);
      pty.press('q');
      assert.deepEqual((await pty.ended).code, 0);
      assert.deepEqual(pty.modes(), { isAlternate: false, isCursorShown: true });
    }),
  );
  await world.release();
  assert.equal((await run.ended).code, 0);
});

test('every key does what the table of keys says, and what the run refuses is told as the command tells it', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1\npre_gate = false');
  const plan: PlanTask[] = [
    { id: 'a', title: 'Write a', description: 'echo the agent was here; echo a > a.txt', scope: ['a.txt'] },
    { id: 'b', title: 'Fail at b', description: 'exit 3', scope: ['b.txt'] },
    { id: 'c', title: 'Write c', description: until(world, 'c', 'echo c >'), scope: ['c.txt'] },
    {
      id: 'd',
      title: 'Write d',
      description: until(world, 'd', 'echo d >'),
      scope: ['d.txt'],
      dependsOn: ['c'],
    },
    {
      id: 'e',
      title: 'Write e',
      description: until(world, 'e', 'echo e >'),
      scope: ['e.txt'],
      dependsOn: ['c'],
    },
  ];
  const run = world.start(await world.plan(plan, ...OPEN, '--workers', '2'));
  await run.line(/landed t1/);
  await run.line(/t3\.1 started/);
  const pty = onPty(world, ['board'], { columns: 120, rows: 40 });
  await pty.shows(/━━ agents[\s\S]*5 [\s\S]*t2 +failed/);
  const tried = new Set<string>();
  /** Presses a key of the table, and waits until it shows. */
  const press = async (name: string, shown: RegExp, keys = name): Promise<void> => {
    tried.add(name);
    pty.press(keys);
    await pty.shows(shown);
  };
  const type = async (text: string, shown: RegExp): Promise<void> => {
    pty.press(text);
    await pty.shows((now) => now.includes(text.trim()));
    pty.press('\r');
    await pty.shows(shown);
  };
  const chosen = (task: string): RegExp => new RegExp(`^›${task} `, 'm');

  // Moving and looking.
  await press('Tab', /━━ merge queue/, '\t');
  await press('Shift-Tab', /━━ agents/, '\u001b[Z');
  pty.press('\t');
  await pty.shows(/━━ merge queue/);
  pty.press('\t');
  await pty.shows(/━━ tasks[\s\S]*›t1 /);
  await press('↓', chosen('t2'), '\u001b[B');
  await press('↑', chosen('t1'), '\u001b[A');
  await press('j', chosen('t2'));
  await press('k', chosen('t1'));
  await press('End', chosen('t5'), '\u001b[F');
  await press('Home', chosen('t1'), '\u001b[H');
  await press('G', chosen('t5'));
  await press('g', chosen('t1'));
  await press('PgDn', chosen('t5'), '\u001b[6~');
  await press('PgUp', chosen('t1'), '\u001b[5~');
  await press('Enter', /━━ the story of t1[\s\S]*t1 was accepted from the plan as a/, '\r');
  await press('Esc', /━━ tasks/, '\u001b');
  await press('d', /━━ the change of t1\.1, landed[\s\S]*^\+a$/m);
  await press('q', /━━ tasks/);
  await press('v', /━━ the transcript of t1\.1[\s\S]*the agent was here/);
  pty.press('q');
  await pty.shows(/━━ tasks/);
  await press('?', /━━ keys[\s\S]*The chosen task/);
  pty.press('q');
  await pty.shows(/━━ tasks/);
  await press('Ctrl-L', /━━ tasks[\s\S]*›t1 /, '\u000c');
  await press('/', /^tasks with the words:/m);
  await type('failed', /━━ tasks {2}1 of 5 with “failed”[\s\S]*›t2 /);

  // The chosen task: t2 has failed.
  await press('t', /^tell t2:/m);
  await type(
    'try harder',
    /^error\[SW0108\]: t2 is failed: nobody works on it any more\n +fix swarm explain t2/m,
  );
  await press('u', /^Take t2 back\? \[y\/N\]/m);
  pty.press('y');
  await pty.shows(/^error\[SW\d+\][\s\S]*^ +fix /m);
  pty.press('\u001b');
  await pty.shows(/━━ tasks {2}5\b[\s\S]*t5 /);
  pty.press('gjj');
  await pty.shows(chosen('t3'));
  pty.press('t');
  await pty.shows(/^tell t3:/m);
  await type('mind the gap', /^the next attempt at t3 is told/m);
  pty.press('G');
  await pty.shows(chosen('t5'));
  await press('f', /^t5 goes first, last, or to priority 1 to 10: first/m);
  pty.press('\r');
  await pty.shows(/^t5 goes first of all that waits/m);
  await press('x', /^Cancel t5 and what waits for it\? \[y\/N\]/m);
  pty.press('n');
  await pty.shows(/^nothing is done/m);
  pty.press('x');
  await pty.shows(/^Cancel t5/m);
  pty.press('y');
  await pty.shows(/^t5 is cancelled/m);
  await press('r', /^try t5 again, with a hint or none:/m);
  await type('now it is wanted', /^t5 is tried again, and told your hint/m);

  // The run.
  await press('p', /^r-\S+ paused \(operator\)[\s\S]*^paused: 1 attempt goes on to the end/m);
  await pty.shows(/── 1 thing needs you[\s\S]*you paused the run[\s\S]*swarm continue +it goes on/);
  pty.press('p');
  await pty.shows(/^r-\S+ open[\s\S]*^the run goes on/m);
  await press('n', /^one more task:/m);
  await type('Write a changelog', /^accepted as t6/m);
  await press('a', /^change the request:/m);
  await type('and Unicode', /^error\[SW0108\]: this run has no planner: nobody would read it/m);
  await press('w', /^workers, or a role and how many of it:/m);
  await type('0', /^error\[SW0105\]/m);
  pty.press('w');
  await pty.shows(/^workers, or/m);
  await type('coder 3', /^at most 3 workers of the role coder at a time from now on/m);
  await press('$', /^the limits from now on/m);
  await type('+5Mtok', /^(error\[SW|the run may use up)/m);
  await press('m', /^a note under the key:/m);
  pty.press('names\r');
  await pty.shows(/^the note names, empty to take it away:/m);
  await type('one word a slug', /^the note names is at version 1/m);
  await press('U', /^Take back all that this run has landed\? \[y\/N\]/m);
  pty.press('n');
  await pty.shows(/^nothing is done/m);
  await press('X', /^Cancel the whole run\? What has landed stays \[y\/N\]/m);
  pty.press('n');
  await pty.shows(/^nothing is done/m);
  await press('S', /^Stop the run\?/m);
  pty.press('\u001b');
  await pty.shows((now) => !now.includes('Stop the run?'));

  // What stands in a paste is no key.
  pty.press('\u001b[200~xy\u001b[201~');
  await pty.shows(/^what was pasted is no key/m);
  pty.press('g');
  await pty.shows(chosen('t1'));
  pty.press('u');
  await pty.shows(/^Take t1 back\?/m);
  pty.press('y');
  await pty.shows(/^t1 is undone: \S+ is now at [0-9a-f]{10}/m);
  tried.add('Ctrl-C');
  pty.press('\u0003');
  assert.equal((await pty.ended).code, 0);
  assert.deepEqual([...tried].sort(), KEYS.flatMap(({ keys }) => keys).sort());

  // The run has noticed nothing of the board's end, and is stopped as its own terminal would stop it.
  const again = onPty(world, ['board'], { columns: 80, rows: 24 });
  await again.shows(/━━ agents/);
  again.press('S');
  await again.shows(/^Stop the run\?/m);
  again.press('y');
  await again.shows(/the run is told to stop/);
  await world.release();
  assert.equal((await run.ended).code, 130);
  await again.shows(/stopped, no process works on it/);
  again.press('p');
  await again.shows(
    /^error\[SW0104\]: no run is live here[\s\S]*its process has ended; the run has not[\s\S]*swarm resume/m,
  );
  again.press('q');
  await again.ended;
});

// ───────────── the terminal, however it ends ─────────────

/** A run that is over, for whoever only looks. */
async function over(t: TestContext): Promise<World> {
  const world = await World.with(t, FILES);
  const plan = [{ title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] }];
  assert.equal((await world.swarm(await world.plan(plan, ...OPEN))).code, 0);
  return world;
}

const RESTORED = { isAlternate: false, isCursorShown: true };
const SIZE = { columns: 80, rows: 24 } as const;

test('whoever ends the board by a signal, before its first line, in the middle or by a fault, has the terminal back', async (t) => {
  const world = await over(t);
  const early = ['SIGTERM', 'SIGINT', 'SIGHUP'].map(async (signal) => {
    const pty = onPty(world, ['board'], SIZE);
    await pty.sends(/\u001b\[\?1049h/);
    pty.kill(signal);
    await pty.ended;
    assert.deepEqual(pty.modes(), RESTORED, `${signal} at once`);
  });
  const late = ['SIGTERM', 'SIGINT', 'SIGHUP'].map(async (signal) => {
    const pty = onPty(world, ['board'], SIZE);
    await pty.shows(/━━ agents/);
    pty.press('\t\t?');
    pty.kill(signal);
    await pty.ended;
    assert.deepEqual(pty.modes(), RESTORED, signal);
    assert.match(pty.sent(), /\u001b\[\?2004h[\s\S]*\u001b\[\?2004l/);
  });
  const planted = join(world.root, 'fault.mjs');
  await writeFile(planted, "process.on('SIGUSR2', () => { throw new Error('planted') });\n");
  const fault = async (): Promise<void> => {
    const env = { NODE_OPTIONS: `--import=${planted}` };
    const pty = onPty(world, ['board'], { ...SIZE, env });
    await pty.shows(/━━ agents/);
    pty.kill('SIGUSR2');
    assert.equal((await pty.ended).code, 70);
    assert.deepEqual(pty.modes(), RESTORED, 'a fault');
    assert.match(pty.screen(), /error\[SW0801\]: swarm failed unexpectedly: planted/);
  };
  await Promise.all([...early, ...late, fault()]);
});

test('a run shows itself on the board from the start, as lines when it is left, on the board again, and ends with its summary', async (t) => {
  const world = await World.with(t, FILES);
  const args = await world.plan(waiting(world, 2), ...OPEN, '--board');
  const pty = onPty(world, args, SIZE);
  await pty.shows(/━━ agents {2}2 of \d+ at work/);
  assert.ok(pty.modes().isAlternate);
  pty.press('q');
  await pty.shows(/the board is left, and the run goes on; b and Enter shows it again[\s\S]*2 working/);
  assert.deepEqual(pty.modes(), RESTORED);
  pty.press('b\r');
  await pty.shows(/━━ agents/);
  pty.press('p');
  await pty.shows(/^paused: 2 attempts go on/m);
  pty.press('p');
  await pty.shows(/^the run goes on/m);
  await world.release();
  assert.equal((await pty.ended).code, 0);
  assert.deepEqual(pty.modes(), RESTORED);
  assert.match(pty.screen(), /2 of 2 landed; the head is green[\s\S]*next: swarm report/);
});

test('Ctrl-C on the board of one’s own run stops it as Ctrl-C does, and says so there', async (t) => {
  const world = await World.with(t, FILES);
  const pty = onPty(world, await world.plan(waiting(world, 1), ...OPEN, '--board'), SIZE);
  await pty.shows(/━━ agents {2}1 of \d+ at work/);
  pty.press('\u0003');
  await pty.shows(/^stopping: nothing new starts, what is in flight may finish/m);
  assert.ok(pty.modes().isAlternate);
  await world.release();
  assert.equal((await pty.ended).code, 130);
  assert.deepEqual(pty.modes(), RESTORED);
});

test('a plan that is to be approved is shown and asked on the terminal, and the board comes back after the yes', async (t) => {
  const world = await World.with(t, FILES);
  const plan = JSON.stringify({
    tasks: [{ id: 'a', title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] }],
    scratchpad: '',
    done: true,
  });
  const server = await startModelServer(t, () => ({ text: plan }));
  const env = modelEnvironment(server.url);
  const words = ['run', 'Write a', ...OPEN, '--setup', 'none', '--agent', 'command', '--approve', '--board'];
  const pty = onPty(world, words, { ...SIZE, env });
  await pty.shows(/Start with this plan\? \[y\]es, \[e\]dit, \[n\]o:/);
  assert.deepEqual(pty.modes(), RESTORED);
  pty.press('y\r');
  await pty.shows(/━━ agents/);
  assert.equal((await pty.ended).code, 0);
  assert.deepEqual(pty.modes(), RESTORED);
});

// ───────────── what is shown, and where ─────────────

test('no word of a plan, a path, a change or an agent reaches the terminal as anything but text', async (t) => {
  const world = await World.with(t, FILES);
  const evil = '\\033]0;pwned\\007\\033[31mred\\033[2J\\033]52;c;aGk=\\007\\302\\233 31m';
  const plan: PlanTask[] = [
    {
      title: 'Write what a terminal would obey',
      description: `printf '${evil}\\n'; printf '${evil}\\n' > a.txt`,
    },
    { title: 'Fail', description: `printf '${evil}' >&2; exit 1` },
  ];
  await world.configure('[workers]\nattempts = 1');
  await world.swarm(await world.plan(plan, ...OPEN));
  const pty = onPty(world, ['board'], { columns: 100, rows: 30 });
  await pty.shows(/━━ agents/);
  pty.press('\t');
  await pty.shows(/━━ merge/);
  pty.press('\t');
  await pty.shows(/━━ tasks/);
  for (const [key, shown] of [
    ['\r', /the story of t1/],
    ['d', /the change of t1[\s\S]*red/],
    ['v', /the transcript of t1[\s\S]*pwned/],
  ] as const) {
    pty.press(key);
    await pty.shows(shown);
  }
  pty.press('q');
  await pty.shows(/━━ tasks/);
  pty.press('j\r');
  await pty.shows(/the story of t2/);
  pty.press('q');
  pty.press('q');
  await pty.ended;
  // Only what the board and ink write: looks, moves, erases, modes.
  const others = pty
    .sent()
    .replaceAll(
      /\u001b\[(?:\d+(?:;\d+)*)?[mABCDEFGHK]|\u001b\[\?(?:25|1049|2004|2026)[hl]|\u001b\[[0J]?J/g,
      '',
    );
  assert.doesNotMatch(others, /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202e]/);
  assert.doesNotMatch(pty.sent(), /\u001b\[31mred/);
});

test('NO_COLOR leaves nothing but text, and a terminal may change its size at any time', async (t) => {
  const world = await over(t);
  const pty = onPty(world, ['board'], { columns: 100, rows: 30, env: { NO_COLOR: '1' } });
  await pty.shows(/━━ agents[\s\S]*q leave/);
  for (const [columns, rows, shown] of [
    [60, 20, /^\? keys {2}q leave.* v transcrip…$/m],
    [38, 10, /The board takes 40 by 12/],
    [160, 45, /━━ agents.*── merge queue/],
    [80, 24, /━━ agents\b[^─]*\n[\s\S]*── activity/],
  ] as const) {
    pty.resize(columns, rows);
    await pty.shows((now) => shown.test(now) && now.split('\n').length <= rows);
  }
  pty.press('q');
  await pty.ended;
  // The end of looks that ink writes after each line begins none.
  assert.doesNotMatch(pty.sent(), /\u001b\[(?:1|2|7|3\d|4\d|9\d)(?:;\d+)*m/);
});

test('without a terminal the board is refused with what works there, and --plain tells a line for each thing', async (t) => {
  const world = await over(t);
  const refused = await world.swarm(['board']);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^error\[SW0101\]: the board takes a terminal\n +why +the input and the output are no terminal/,
  );
  assert.match(refused.stderr, /fix +swarm board --plain/);
  const plain = await world.swarm(['board', '--plain']);
  assert.equal(plain.code, 0);
  assert.match(plain.stdout, /^run +r-[\s\S]*\n\n\d\d:\d\d:\d\d {2}run r-[\s\S]*landed t1 Write a as/);
  const dumb = onPty(world, ['board'], { ...SIZE, env: { TERM: 'dumb' } });
  await dumb.shows(/TERM is dumb/);
  assert.equal((await dumb.ended).code, 2);
  const both = onPty(world, await world.plan(waiting(world, 1), ...OPEN, '--board', '--json'), SIZE);
  await both.shows(/--board shows the run and --json prints it/);
  assert.equal((await both.ended).code, 2);
});
