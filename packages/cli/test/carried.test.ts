/** A run whose journal is in git: killed on one machine, it goes on in a fresh clone on another, in the real program. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Ended, Running } from './support/program.ts';
import { World } from './support/world.ts';

const carried = (every: string): string => `[journal]\nref = true\nevery = "${every}"\n`;
const FLAGS = ['--sandbox', 'none', '--gate', 'true', '--workers', '2'];

/** Far above what a step takes on a busy machine. */
const PATIENCE_MS = 600_000;

interface Machines {
  readonly a: World;
  readonly b: World;
  readonly origin: string;
  readonly run: string;
  readonly ref: string;
}

interface Live extends Machines {
  readonly running: Running;
}

/** Machine A has two tasks landed and two at work; machine B has a fresh clone, another home, another state. */
async function liveOnA(t: TestContext, more: readonly string[] = [], every = '1s'): Promise<Live> {
  const a = await World.with(t, { 'README.md': 'shop\n' });
  await a.configure(carried(every));
  const origin = join(a.root, 'origin.git');
  await a.gitIn(a.root, 'clone', '--quiet', '--bare', a.repository, origin);
  await a.git('remote', 'add', 'origin', origin);
  // The first machine's agents alone are let go by `go-first`.
  const isFirst = `{ test -e ${a.root}/go-first && case $PWD in ${a.root}/*) ;; *) false ;; esac; }`;
  const waits = `until test -e ${a.root}/go || ${isFirst}; do sleep 0.05; done`;
  const tasks = ['one', 'two'].map((id) => ({
    id,
    title: `Write ${id}`,
    description: `echo ${id} > ${id}.txt`,
  }));
  const late = ['three', 'four'].map((id) => ({
    id,
    title: `Write ${id}`,
    dependsOn: ['one', 'two'],
    description: `${waits}; echo ${id} > ${id}.txt`,
  }));
  const running = a.start(await a.plan([...tasks, ...late], ...FLAGS, ...more));
  await running.line(/t4\.1 started/, PATIENCE_MS);
  const run = (await a.runFolder()).split('/').at(-1)!;
  const ref = `refs/swarm/${run}`;
  const holder = more.includes('push') ? origin : a.repository;
  for (
    let tries = 0;
    every === '1s' && !(await carriedText(a, holder, ref)).includes('"attempt":"t4.1"');
    tries++
  ) {
    assert.ok(tries < 6_000, 'the reference never had the beginning of t4');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const b = await World.make(t);
  await b.gitIn(b.root, 'clone', '--quiet', origin, b.repository);
  return { a, b, origin, run, ref, running };
}

async function killedOnA(
  t: TestContext,
  more: readonly string[] = [],
  whileLive: (machines: Machines) => Promise<void> = async () => undefined,
): Promise<Machines> {
  const live = await liveOnA(t, more);
  await whileLive(live);
  live.running.kill('SIGKILL');
  await live.running.ended;
  await live.a.release();
  return live;
}

const carriedText = (world: World, gitDir: string, ref: string): Promise<string> =>
  world.gitIn(gitDir, 'show', `${ref}:journal/000001.ndjson`).catch(() => '');

const tasksOn = async (world: World, gitDir: string, branch: string): Promise<readonly string[]> => {
  const log = await world.gitIn(gitDir, 'log', '--format=%(trailers:key=Swarm-Task,valueonly)', branch);
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('/').at(-1)!)
    .sort();
};

async function refusedWhileLive({ b, ref }: Machines): Promise<void> {
  const live = await b.swarm(['resume', '--from-ref', ref, '--from', 'origin', '--trust-run']);
  assert.equal(live.code, 75, live.stderr);
  assert.match(live.stderr, /error\[SW0501\]: .* is live on [\s\S]*--takeover/);
}

test('killed on one machine it goes on in a fresh clone on another, and each task lands once', async (t) => {
  const { a, b, origin, run, ref } = await killedOnA(t, ['--deliver', 'push'], refusedWhileLive);
  const asked = ['resume', '--from-ref', ref, '--from', 'origin'];
  const unread = await b.swarm(asked);
  assert.equal(unread.code, 78);
  assert.match(
    unread.stderr,
    /error\[SW0315\][\s\S]*show refs\/swarm\/[^ ]+:run\.json; then swarm resume --from-ref .* --trust-run/,
  );
  assert.ok(!existsSync(join(b.repository, '.git', 'swarm', 'runs', run)), 'nothing of it is a run here');
  const resumed = await b.swarm([...asked, '--trust-run', '--takeover']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /is taken up here as /);
  assert.deepEqual(await tasksOn(b, origin, 'main'), ['t1', 't2', 't3', 't4']);
  assert.match(await carriedText(b, origin, ref), /"type":"run.closed"/);
  assert.match(await b.gitIn(origin, 'show', `${ref}:report.md`), /complete/);
  // The first machine comes back.
  const back = await a.swarm(['resume']);
  assert.equal(back.code, 75, back.stderr);
  assert.match(back.stderr, /error\[SW0501\]: .* was taken up on another machine/);
});

/** Everything landed once, on both machines' word, and the first one said why it is not the one to tell of it. */
async function tookOver({ a, b, origin, ref, run }: Machines, first: Ended, second: Ended): Promise<void> {
  assert.equal(second.code, 0, second.stderr);
  assert.equal(first.code, 75, first.stderr);
  const said = `error\\[SW0501\\]: ${run} was taken up on another machine[\\s\\S]*--from-ref ${ref} --from origin --takeover`;
  assert.match(first.stderr, new RegExp(said));
  assert.doesNotMatch(first.stdout, /next: swarm resume/);
  assert.deepEqual(await tasksOn(b, origin, 'main'), ['t1', 't2', 't3', 't4']);
  assert.match(await b.gitIn(origin, 'show', `${ref}:report.md`), /complete/);
  const verified = await b.swarm(['verify']);
  assert.equal(verified.code, 0, `${verified.stdout}${verified.stderr}`);
  const journal = await readFile(join(await a.runFolder(), 'journal.ndjson'), 'utf8');
  const landed = journal.split('\n').filter((line) => line.includes('"type":"landing.landed"'));
  assert.ok(landed.length > 0);
  assert.doesNotMatch(landed.join('\n'), /"t[34]\.1"/);
}

/** The first machine writes once more, right between the second one's reading and its word: before a push is taken. */
const WRITES_ONCE_MORE = `#!/bin/sh
read -r was _ ref
case "$ref" in refs/swarm/*) ;; *) exit 0 ;; esac
test -e "$GIT_DIR/written" && exit 0
touch "$GIT_DIR/written"
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
git -c user.name=a -c user.email=a@shop.test commit-tree "$was^{tree}" -p "$was" -m more > "$GIT_DIR/more"
git update-ref "$ref" "$(cat "$GIT_DIR/more")" "$was"
`;

test('taken over while it lives, the first machine stops by itself at its next write', async (t) => {
  const live = await liveOnA(t, ['--deliver', 'push']);
  const { a, b, ref, origin, running } = live;
  await writeFile(join(origin, 'hooks', 'pre-receive'), WRITES_ONCE_MORE, { mode: 0o755 });
  const asked = ['resume', '--from-ref', ref, '--from', 'origin', '--trust-run', '--takeover'];
  const taking = b.start(asked);
  await taking.line(/is taken up here as /);
  await b.gitIn(
    origin,
    'merge-base',
    '--is-ancestor',
    await readFile(join(origin, 'more'), 'utf8').then((id) => id.trim()),
    ref,
  );
  // Something that is worth a write; a live run says that it lives once a minute in any case.
  await a.swarm(['tell', 't3', 'go on']);
  const first = await running.ended;
  assert.deepEqual(await a.workspaces(), [], 'its agents ended with it');
  await a.release();
  await tookOver(live, first, await taking.ended);
  assert.match(await readFile(join(await a.runFolder(), 'journal.ndjson'), 'utf8'), /"reason":"taken"/);
  const back = await a.swarm(['resume']);
  assert.equal(back.code, 75, back.stderr);
});

test('frozen while another machine does the rest, it wakes with work in hand and lands none of it', async (t) => {
  const live = await liveOnA(t, ['--deliver', 'push']);
  const { a, b, ref, running } = live;
  running.kill('SIGSTOP');
  await a.release();
  const asked = ['resume', '--from-ref', ref, '--from', 'origin', '--trust-run', '--takeover'];
  const second = await b.swarm(asked);
  running.kill('SIGCONT');
  await tookOver(live, await running.ended, second);
});

test('with work in hand that passed its gate, it lands none of it once another machine goes on', async (t) => {
  // Nothing is written but before a landing.
  const live = await liveOnA(t, ['--deliver', 'push'], '1h');
  const { a, b, ref, running } = live;
  running.kill('SIGSTOP');
  const asked = ['resume', '--from-ref', ref, '--from', 'origin', '--trust-run', '--takeover'];
  const taking = b.start(asked);
  await taking.line(/t4\.1 started/, PATIENCE_MS);
  await writeFile(join(a.root, 'go-first'), '');
  running.kill('SIGCONT');
  const first = await running.ended;
  await a.release();
  // What had landed before is found there with the gate that it passed, though no write followed.
  await tookOver(live, first, await taking.ended);
});

test('what lands for review comes with the reference, and goes on from a clone that has nothing else', async (t) => {
  const { a, b, run, ref } = await killedOnA(t);
  await b.gitIn(b.repository, 'fetch', '--quiet', a.repository, `${ref}:${ref}`);
  const resumed = await b.swarm(['resume', '--from-ref', ref, '--trust-run', '--takeover']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await tasksOn(b, b.repository, `swarm/${run}`), ['t1', 't2', 't3', 't4']);
  const verified = await b.swarm(['verify']);
  assert.equal(verified.code, 0, verified.stdout);
});

test('a forged reference runs nothing before it is trusted, and a damaged one never', async (t) => {
  const { a, b, run, ref } = await killedOnA(t);
  const stolen = join(b.root, 'stolen');
  const forge = async (name: string, text: string): Promise<void> => {
    const blob = await b.gitWith({}, b.repository, 'hash-object', '-w', await fileWith(b, text));
    const rows = (await b.git('ls-tree', ref)).split('\n').filter((row) => !row.endsWith(`\t${name}`));
    await writeFile(join(b.root, 'rows'), [...rows, `100644 blob ${blob}\t${name}\n`].join('\n'));
    const tree = await b.git('-c', 'alias.made=!f() { git mktree < "$1"; }; f', 'made', join(b.root, 'rows'));
    await b.git('update-ref', ref, await b.git('commit-tree', tree, '-p', ref, '-m', 'forged'));
  };
  await b.gitIn(b.repository, 'fetch', '--quiet', a.repository, `${ref}:${ref}`);
  const runJson = JSON.parse(await b.git('show', `${ref}:run.json`));
  await forge('run.json', JSON.stringify({ ...runJson, gate: `touch ${stolen}`, setup: `touch ${stolen}` }));
  const asked = ['resume', '--from-ref', ref, '--takeover'];
  assert.equal((await b.swarm(asked)).code, 78);
  const swapped = await b.swarm([...asked, '--trust-run']);
  assert.match(
    swapped.stderr,
    /error\[SW0315\][\s\S]*its journal was begun with other commands than its run\.json names/,
  );
  await forge('run.json', JSON.stringify({ ...runJson, run: 'r-20260101-aaaa' }));
  assert.match(
    (await b.swarm([...asked, '--trust-run'])).stderr,
    /error\[SW0203\]: the reference of .* does not carry a run/,
  );
  assert.ok(!existsSync(stolen));
  assert.match(
    (await b.swarm(['resume', '--from-ref', 'refs/heads/main'])).stderr,
    /error\[SW0101\]: "refs\/heads\/main" is no reference of a run/,
  );
  assert.match((await b.swarm(['resume', '--takeover'])).stderr, /--takeover goes with --from-ref/);
  assert.match(
    (await b.swarm(['resume', '--from-ref', 'refs/swarm/r-20260101-aaaa'])).stderr,
    /error\[SW0104\]/,
  );
  assert.ok(run.startsWith('r-'));
});

async function fileWith(world: World, text: string): Promise<string> {
  const path = join(world.root, 'forged');
  await writeFile(path, text);
  return path;
}
