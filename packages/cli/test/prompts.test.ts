/** Tuning prompts: what is there, whether it can be used, what a run used, and how two versions differ. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const SHIPPED = await readFile(new URL('../../../prompts/worker.md', import.meta.url), 'utf8');
const tuned = (line: string): string => SHIPPED.replace('## How to end', `${line}\n\n## How to end`);
const OVERRIDE = '.swarm/prompts/worker.md';

test('list names each prompt with its hash and where it comes from; an override counts once it is trusted', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: tuned('Be brief.') });
  const list = async () => JSON.parse((await world.swarm(['prompts', 'list', '--json'])).stdout);
  const named = async (name: string) => (await list()).find((one: { name: string }) => one.name === name);
  const [planner, worker] = [await named('planner'), await named('worker')];
  assert.deepEqual([planner.name, planner.isOverride, planner.counts], ['planner', false, true]);
  assert.deepEqual([worker.isOverride, worker.counts], [true, false]);
  assert.match(worker.hash, /^[0-9a-f]{12}$/);
  const run = await world.plan(
    [{ title: 'See', kind: 'change', description: 'touch seen.txt', verify: 'test -f seen.txt' }],
    '--gate',
    'true',
  );
  assert.equal((await world.swarm([...run, '--trust-repo'])).code, 0);
  assert.equal((await named('worker')).counts, true);
});

test('check names what a run would refuse, and files that replace nothing', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  assert.match((await world.swarm(['prompts', 'check'])).stdout, /^all 9 prompts can be used$/m);
  await world.write({
    [OVERRIDE]: SHIPPED.replace('{{ title }}', '{{ titel }}'),
    '.swarm/prompts/conflicts.md': 'x',
  });
  const { code, stderr } = await world.swarm(['prompts', 'check']);
  assert.equal(code, 65);
  assert.match(stderr, /SW0205.*worker\.md cannot be used: .*used and not declared: titel/);
  assert.match(stderr, /conflicts\.md replaces no prompt[\s\S]*fix +mv \S+conflicts\.md \S+conflict\.md/);
});

test('show prints the text, and with --rendered what a model sees of it', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: tuned('Be brief.') });
  const raw = await world.swarm(['prompts', 'show', 'worker']);
  assert.equal(raw.stdout.trimEnd(), tuned('Be brief.').trimEnd());
  const rendered = await world.swarm(['prompts', 'show', 'worker', '--rendered']);
  assert.match(rendered.stdout, /Be brief\.[\s\S]*<title>/);
  assert.doesNotMatch(rendered.stdout, /variables:|\{\{/);
  const refused = await world.swarm(['prompts', 'show', 'workr']);
  assert.deepEqual([refused.code, /fix +swarm prompts show worker/.test(refused.stderr)], [2, true]);
});

test('show of the planner is what a run here would send, by part, with sizes and what a provider can keep', async (t) => {
  const world = await World.with(t, { 'AGENTS.md': 'NEEDLE-RULE\n', 'src/a.js': '1\n' });
  await world.configure('[gate]\ncommand = "true"');
  const server = await startModelServer(t, () => ({ text: '{"tasks":[],"done":true}' }));
  const env = modelEnvironment(server.url);
  const show = ['prompts', 'show', 'planner', '--rendered', '--request', 'Add a lamp'];
  const asked = await world.swarm([...show, '--json'], { env });
  assert.equal(asked.stderr, '');
  const shown = JSON.parse(asked.stdout);
  const sent = shown.messages.map(({ content }: { content: string }) => content).join('\n');
  assert.match(sent, /<request>\nAdd a lamp\n<\/request>[\s\S]*NEEDLE-RULE[\s\S]*src\/a\.js/);
  const chars = (name: string): number =>
    shown.pieces.find((piece: { name: string }) => piece.name === name)?.chars ?? 0;
  assert.equal(chars('system'), shown.messages[0].content.length);
  assert.equal(chars('request'), '<request>\nAdd a lamp\n</request>'.length);
  assert.equal(chars('tools'), JSON.stringify(shown.tools).length);

  await world.swarm(['run', 'Add a lamp'], { env });
  assert.deepEqual(server.calls[0]!.messages, shown.messages);

  const { stdout } = await world.swarm(show, { env });
  assert.match(stdout, /^system +\d+ +\d+ +yes, for every run with these prompts$/m);
  assert.match(stdout, /^repository +\d+ +\d+ +yes, while the repository says the same$/m);
  assert.match(stdout, /^together +\d+/m);
});

test('show of the planner where no run could begin says why, and names each hole', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const { code, stdout, stderr } = await world.swarm(['prompts', 'show', 'planner', '--rendered']);
  assert.deepEqual([code, /<sections>/.test(stdout)], [0, true]);
  assert.match(stderr, /no run could begin here \(.+\): each hole shows its name/);
});

test('show into the override itself writes the text built in, though the shell has emptied the file first', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: '' });
  const { code, stdout, stderr } = await world.swarm(['prompts', 'show', 'worker']);
  assert.deepEqual([code, stdout.trimEnd()], [0, SHIPPED.trimEnd()]);
  assert.match(stderr, /worker\.md is empty: this is the text built in/);
});

test('diff shows what the repository changed of ours', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: tuned('Be brief.') });
  const { code, stdout } = await world.swarm(['prompts', 'diff']);
  assert.equal(code, 0);
  assert.match(stdout, /^--- built-in\/worker\.md\n\+\+\+ repository\/worker\.md\n@@ [\s\S]*^\+Be brief\.$/m);
  assert.match((await world.swarm(['prompts', 'diff', 'planner'])).stdout, /^they are alike$/m);
});

const SEE = { title: 'See', description: 'cp "$PROMPT" seen.txt', scope: ['seen.txt'] };

test('a run keeps each text it used under its hash; an edit in the middle counts from the next attempt on, and a broken one is told while the last good one stays', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: tuned('Be brief.') });
  const edit = join(world.root, 'edited');
  const begun = join(world.root, 'begun');
  const wait = `until test -f ${edit}; do sleep 0.05; done`;
  const tasks = [
    {
      id: 'a',
      title: 'First',
      description: `touch ${begun}; ${wait}; cp "$PROMPT" first.txt`,
      scope: ['first.txt'],
    },
    {
      id: 'b',
      title: 'Second',
      description: `rm ${edit}; ${wait}; cp "$PROMPT" second.txt`,
      scope: ['second.txt'],
      dependsOn: ['a'],
    },
    {
      id: 'c',
      title: 'Third',
      description: 'cp "$PROMPT" third.txt',
      scope: ['third.txt'],
      dependsOn: ['b'],
    },
  ];
  const run = world.start(await world.plan(tasks, '--gate', 'true', '--sandbox', 'none', '--trust-repo'));
  await world.until(() => existsSync(begun));
  const kept = join(await world.runFolder(), 'prompts');
  await writeFile(join(kept, 'worker.md'), tuned('Be quick.'));
  await writeFile(edit, '');
  await run.line(/t2\.1 started/);
  await world.until(() => !existsSync(edit));
  await writeFile(join(kept, 'worker.md'), '{{ nothing }}');
  await world.write({ [OVERRIDE]: tuned('Be loud.') });
  await writeFile(edit, '');
  const ended = await run.ended;
  assert.equal(ended.code, 0, ended.stderr);

  const seen = async (file: string) => world.git('show', `${await world.branch()}:${file}.txt`);
  assert.match(await seen('first'), /Be brief\./);
  assert.match(await seen('second'), /Be quick\./);
  assert.match(await seen('third'), /Be quick\./);
  const broken = (await world.log()).filter((line) => line.event === 'prompt.broken');
  assert.equal(broken.length, 1);
  const told = ended.stderr.match(/worker\.md was edited; this run keeps what you trusted.*/g);
  assert.equal(told?.length, 1, ended.stderr);
  assert.match(told[0]!, new RegExp(`cp \\S+/${OVERRIDE} \\S+/prompts/worker\\.md$`));

  const texts = (await readdir(kept)).filter((name) => /^[0-9a-f]{12}\.md$/.test(name));
  const whole = await Promise.all(texts.map((name) => readFile(join(kept, name), 'utf8')));
  for (const line of ['Be brief.', 'Be quick.']) assert.ok(whole.includes(tuned(line)), line);
  assert.match((await world.swarm(['explain', 't2'])).stdout, /agent runs \(command, prompt [0-9a-f]{12}\)/);
});

test('diff compares two runs, and any two hashes', async (t) => {
  const world = await World.with(t, { [OVERRIDE]: tuned('Be brief.') });
  const plan = await world.plan([SEE], '--gate', 'true', '--trust-repo');
  assert.equal((await world.swarm(plan)).code, 0);
  await world.commit({ [OVERRIDE]: tuned('Be thorough.') }, 'Tune');
  assert.equal((await world.swarm(plan)).code, 0);
  const runs = (await readdir(world.runs)).sort();
  const { stdout } = await world.swarm(['prompts', 'diff', '--run', runs[0]!, '--run', runs[1]!]);
  assert.match(stdout, /^[-+]Be brief\.$/m);
  assert.match(stdout, /^[-+]Be thorough\.$/m);
  assert.doesNotMatch(stdout, /planner\.md/);

  const list = JSON.parse((await world.swarm(['prompts', 'list', '--json'])).stdout);
  const now = list.find(({ name }: { name: string }) => name === 'worker').hash;
  const hashes = await Promise.all(
    runs.map(
      async (run) =>
        JSON.parse(await readFile(join(world.runs, run, 'run.json'), 'utf8')).promptHashes.worker,
    ),
  );
  assert.ok(hashes.includes(now));
  const byHash = await world.swarm(['prompts', 'diff', ...hashes]);
  assert.match(byHash.stdout, /^[-+]Be brief\.$/m);
  const gone = await world.swarm(['prompts', 'diff', '000000000000', now]);
  assert.deepEqual([gone.code, /no text is kept of the prompt 000000000000/.test(gone.stderr)], [65, true]);
});
