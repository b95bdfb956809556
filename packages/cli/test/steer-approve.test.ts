/** A plan is looked at before anything starts: `--approve` asks, `--dry-run` only shows. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertLandedOnce } from './support/landings.ts';
import { type ModelServer, startModelServer } from './support/model-server.ts';
import { onTerminal, saved, startOnTerminal } from './support/terminal.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none', '--agent', 'command'];
const QUESTION = /Start with this plan\? \[y\]es, \[e\]dit, \[n\]o:/;

const script = (id: string, dependsOn: readonly string[] = []) => ({
  id,
  title: `Write ${id}`,
  description: `echo ${id} > ${id}.txt`,
  scope: [`${id}.txt`],
  dependsOn,
});

interface Planned {
  readonly world: World;
  readonly server: ModelServer;
  readonly env: Record<string, string>;
  readonly base: string;
}

/** A planner whose first answer is a and b, and whose second is c. */
async function planned(t: TestContext): Promise<Planned> {
  const world = await World.with(t, FILES);
  const server = await startModelServer(t, ({ turn }) => ({
    text: JSON.stringify({
      tasks: turn === 0 ? [script('b', ['a']), script('a')] : [script('c')],
      done: turn > 0,
    }),
  }));
  const env = { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: server.url, SWARM_MODEL: 'test-model' };
  return { world, server, env, base: await world.git('rev-parse', 'main') };
}

test('without a terminal nothing is approved, unless it was beforehand', async (t) => {
  const { world, env, base } = await planned(t);
  const args = ['run', 'Write them', ...OPEN, '--approve'];
  const refused = await world.swarm(args, { env });
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /SW0101.*waits for a yes[\s\S]*no terminal[\s\S]*fix {4}swarm run --approve --yes/,
  );
  assert.ok(!existsSync(world.runs));

  const run = await world.swarm([...args, '--yes'], { env });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /step +priority +task +title[\s\S]*1 +5 +a +Write a[\s\S]*2 +5 +b +Write b +a/);
  await assertLandedOnce(world, base, ['Write a', 'Write b', 'Write c']);
});

test(
  'a planner’s first plan is held until a yes, and accepted in one entry; later ones go ahead',
  onTerminal,
  async (t) => {
    const { world, env, base } = await planned(t);
    const screen = startOnTerminal(world, ['run', 'Write them', ...OPEN, '--approve'], env);
    await screen.shows(QUESTION);
    assert.deepEqual(JSON.parse((await world.swarm(['tasks', '--json'])).stdout), []);
    screen.type('perhaps\n');
    await screen.shows(QUESTION);
    screen.type('y\n');
    await screen.shows(/the plan is approved; what is planned later goes ahead/);
    assert.equal(await screen.code, 0, screen.text());
    const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
    type Fact = { readonly type: string; readonly task: string };
    const entries = journal
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).events as Fact[]);
    const accepted = entries.map((facts) =>
      facts.filter((f) => f.type === 'task.accepted').map((f) => f.task),
    );
    assert.deepEqual(
      accepted.filter((tasks) => tasks.length > 0),
      [['t1', 't2'], ['t3']],
    );
    await assertLandedOnce(world, base, ['Write a', 'Write b', 'Write c']);
  },
);

test('a no cancels the run before anything has started', onTerminal, async (t) => {
  const { world, env, base } = await planned(t);
  const screen = startOnTerminal(world, ['run', 'Write them', ...OPEN, '--approve'], env);
  await screen.shows(QUESTION);
  screen.type('n\n');
  await screen.shows(/the run is cancelled: the plan was not approved/);
  assert.equal(await screen.code, 1, screen.text());
  assert.doesNotMatch(screen.text(), /t1/);
  assert.equal(await world.git('rev-parse', 'main'), base);
});

test('Ctrl-C at the question saves, and resume asks again with a new plan', onTerminal, async (t) => {
  const { world, env } = await planned(t);
  const screen = startOnTerminal(world, ['run', 'Write them', ...OPEN, '--approve'], env);
  await screen.shows(QUESTION);
  screen.type('\u0003');
  await screen.shows(/stopping: nothing new starts/);
  assert.equal(await screen.code, 130, screen.text());

  const piped = await world.swarm(['resume'], { env });
  assert.deepEqual([piped.code, /fix {4}swarm resume --yes/.test(piped.stderr)], [2, true], piped.stderr);
  const again = startOnTerminal(world, ['resume'], env);
  await again.shows(QUESTION);
  again.type('y\n');
  assert.equal(await again.code, 0, again.text());
});

test(
  'a terminal closed at the question is no answer: the run saves, and can be resumed',
  onTerminal,
  async (t) => {
    const { world, env } = await planned(t);
    const screen = startOnTerminal(world, ['run', 'Write them', ...OPEN, '--approve'], env);
    await screen.shows(QUESTION);
    screen.hangUp();
    await screen.code;
    await saved(world);
    const events = (await world.log()).map((line) => line.event);
    assert.deepEqual([events.includes('run.stopped'), events.includes('run.cancelled')], [true, false]);
    assert.equal((await world.swarm(['resume', '--yes'], { env })).code, 0);
  },
);

test(
  'a plan is edited, refused with every mistake, edited again, and run as edited',
  onTerminal,
  async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'main');
    // First it breaks the plan, then it mends what it finds broken.
    const editor = join(world.root, 'editor.sh');
    const edits = `if grep -q nobody "$1"; then sed -i 's/"nobody"/"a"/' "$1"; else sed -i 's/Write b/Write bee/; s/"a"$/"nobody"/' "$1"; fi\n`;
    await writeFile(editor, edits);
    const args = await world.plan([script('a'), script('b', ['a'])], ...OPEN, '--approve');
    const screen = startOnTerminal(world, args, { VISUAL: `sh ${editor}`, EDITOR: 'false' });
    await screen.shows(QUESTION);
    screen.type('e\n');
    await screen.shows(/\/1\/dependsOn\/0: nobody is not a task of this plan/);
    await screen.shows(/1 mistake in the plan\. \[e\]dit again, \[b\]ack:/);
    screen.type('e\n');
    await screen.shows(/Write bee +a/);
    await screen.shows(QUESTION);
    screen.type('yes\n');
    assert.equal(await screen.code, 0, screen.text());
    await assertLandedOnce(world, base, ['Write a', 'Write bee']);
  },
);

test('a dry run shows plan, order, and what would run, and leaves nothing behind', async (t) => {
  const { world, server, env } = await planned(t);
  const before = await userState(world);
  const args = await world.plan(
    [script('b', ['a']), script('a')],
    '--gate',
    'true',
    '--sandbox',
    'none',
    '--dry-run',
  );
  const plan = await world.swarm(args, { env });
  assert.equal(plan.code, 0, plan.stderr);
  assert.match(
    plan.stdout,
    /would work on main with 8 workers in sandbox none[\s\S]*gate: true[\s\S]*agent: command[\s\S]*budget: no limit[\s\S]*1 +5 +a +Write a +- +a\.txt\n2 +5 +b +Write b +a +b\.txt\n\nforecast: 2 tasks, 2 steps [\s\S]*\n\nnothing was started/,
  );
  assert.equal(server.calls.length, 0);

  const request = ['run', 'Write them', ...OPEN, '--dry-run', '--budget', '1Mtok'];
  const asked = await world.swarm(request, { env });
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(
    asked.stdout,
    /budget: 1000000 tokens[\s\S]*2 +5 +b +Write b +a[\s\S]*the planner’s answer took \d+ tokens/,
  );
  const json = JSON.parse((await world.swarm([...request, '--json'], { env })).stdout);
  assert.deepEqual(
    json.tasks.map((task: { label: string }) => task.label),
    ['a', 'b'],
  );
  assert.equal(server.calls.length, 2);
  assert.deepEqual(await userState(world), before);
  assert.ok(!existsSync(world.runs));
});
