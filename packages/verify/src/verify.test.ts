import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { RUN, Story } from './testing.ts';
import { verifyRepository } from './verify.ts';

const stories: Story[] = [];
after(() => Promise.all(stories.map((story) => rm(story.root, { recursive: true }))));

async function newStory(): Promise<Story> {
  const story = await Story.begin();
  stories.push(story);
  return story;
}

/** Two tasks landed, one answered, the run closed: what a good run leaves behind. */
async function goodStory(): Promise<Story> {
  const story = await newStory();
  await story.landTask('t1', { 'a.txt': 'one\n' });
  await story.landTask('t2', { 'b.txt': 'two\n' });
  story.say({ type: 'task.accepted', task: 't3' });
  story.say(
    { type: 'attempt.started', attempt: 't3.1' },
    { type: 'attempt.ended', attempt: 't3.1', reason: 'answered' },
  );
  return story;
}

const verify = async (story: Story) => {
  await story.writeJournal();
  return verifyRepository({ repository: story.path, run: RUN, hubPath: story.path });
};

/** The details of the checks that failed, and nothing else failed. */
async function broken(story: Story): Promise<Record<string, string>> {
  const report = await verify(story);
  const failed = report.checks.filter((check) => !check.ok);
  assert.equal(report.ok, failed.length === 0);
  return Object.fromEntries(failed.map((check) => [check.promise, check.detail]));
}

test('a good run keeps every promise, and the report says how much was looked at', async () => {
  const story = await goodStory();
  story.close();
  const report = await verify(story);
  assert.deepEqual(
    report.checks.map((c) => `${c.promise} ${c.ok ? 'kept' : 'BROKEN'}: ${c.name} (${c.detail})`),
    [
      'P7 kept: the journal is whole (12 entries without a gap)',
      'P1 kept: no accepted task is lost (3 tasks)',
      'P1 kept: what the journal calls landed is on the target (2 landed tasks)',
      'P2 kept: no task lands twice (2 marked commits)',
      'P3 kept: every landing carries its trailers (2 commits)',
      'P3 kept: what landed is what passed the gate, on exactly that parent (2 landings)',
      'P3 kept: every landing is one commit on the first-parent line (2 first-parent commits)',
      'P3 kept: what was taken back passed the gate without it, as one commit that names it (0 undos)',
      'P4 kept: the target only moved forward (2 moves)',
      'P5 kept: a landing changes only what its branch changed (2 commits)',
      'P5 kept: branches are as the journal measured them (2 branches in the hub)',
      'P7 kept: the journal and the target tell the same story (2 commits)',
    ],
  );
  assert.deepEqual(report.counts, { entries: 12, commits: 2, landings: 2, tasks: 3 });
});

test('the newest run is taken when none is named', async () => {
  const story = await goodStory();
  await story.writeJournal();
  assert.equal((await verifyRepository({ repository: story.path })).run, RUN);
});

test('a run is found from every work tree of its repository, by its name or as the newest', async () => {
  const story = await goodStory();
  await story.writeJournal();
  const linked = join(story.root, 'linked');
  await story.git('worktree', 'add', '--quiet', '--detach', linked, story.base);
  for (const run of [undefined, RUN]) {
    const { journal, ok } = await verifyRepository({ repository: linked, run });
    assert.deepEqual([journal, ok], [story.journal, true]);
  }
});

test('a run that lies in the work tree, as older versions left it, is found there', async () => {
  const story = await goodStory();
  await story.writeJournal();
  const old = join(story.path, '.swarm', 'runs', RUN);
  await mkdir(dirname(old), { recursive: true });
  await rename(dirname(story.journal), old);
  for (const run of [undefined, RUN]) {
    const { journal, ok } = await verifyRepository({ repository: story.path, run });
    assert.deepEqual([journal, ok], [join(old, 'journal.ndjson'), true]);
  }
  const unknown = { repository: story.path, run: 'r-20260101-aaaa' };
  await assert.rejects(verifyRepository(unknown), /^Error: there is no run r-20260101-aaaa in .+ or .+/);
});

test('a run that landed nothing has no branch, and that is no fault', async () => {
  const story = await newStory();
  assert.deepEqual(await broken(story), {});
});

test('a task that landed twice is caught', async () => {
  const story = await goodStory();
  await story.landTask('t1', { 'a.txt': 'again\n' }, { ordinal: 2 });
  const found = await broken(story);
  assert.match(found.P2!, /^t1 is on the target as [0-9a-f]{12} and [0-9a-f]{12}$/);
  assert.match(found.P7!, /^t1 landed as [0-9a-f]+ and again as/);
});

test('a landing that was undone may be followed by another', async () => {
  const story = await goodStory();
  await story.undoTasks(['t2'], { 'b.txt': undefined });
  story.say({ type: 'task.retried', task: 't2' });
  await story.landTask('t2', { 'b.txt': 'better\n' }, { ordinal: 2, isAccepted: true });
  assert.deepEqual(await broken(story), {});
});

test('an undo after the end of the run, of several landings at once, keeps every promise', async () => {
  const story = await goodStory();
  story.close();
  await story.undoTasks(['t2', 't1'], { 'a.txt': undefined, 'b.txt': undefined });
  assert.deepEqual(await broken(story), {});
});

test('an undo that was published while its entry was not yet written is no fault, and its gate still counts', async () => {
  const story = await goodStory();
  await story.undoTasks(['t2'], { 'b.txt': undefined }, { isTold: 'tested' });
  assert.deepEqual(await broken(story), {});
  const untested = await goodStory();
  await untested.undoTasks(['t2'], { 'b.txt': undefined }, { isTold: 'tested', outcome: 'failed' });
  assert.match(
    (await broken(untested)).P3!,
    /^the undo of t2 \([0-9a-f]{12}\) was published, its gate: failed/,
  );
});

test('an undo the journal does not know of is caught', async () => {
  const story = await goodStory();
  await story.undoTasks(['t2'], { 'b.txt': undefined }, { isTold: false });
  assert.match((await broken(story)).P7!, /^[0-9a-f]{12} takes back t2 and the journal does not say so$/);
});

test('an undo that is not the commit the gate passed, or does not name what it takes back, is caught', async () => {
  const faults: readonly [Parameters<Awaited<ReturnType<typeof goodStory>>['undoTasks']>[2], RegExp][] = [
    [{ tested: 'f'.repeat(40) }, /another tree than was tested/],
    [{ rewrite: (m) => m.replace(/^Swarm-Undoes: .*\n/m, '') }, /does not name what it takes back/],
    [{ rewrite: (m) => m.replace('Swarm-Undoes: t2', 'Swarm-Undoes: t1') }, /names t1$/],
    [{ rewrite: (m) => m.replace(/^Swarm-Gate: .*\n/m, '') }, /whose Swarm-Gate is missing/],
    [{ rewrite: (m) => m.replace('Swarm-Gate: g1', 'Swarm-Gate: g0') }, /names run .+, gate g0/],
    [{ rewrite: () => 'Undo' }, /does not name what it takes back/],
  ];
  for (const [options, expected] of faults) {
    const story = await goodStory();
    await story.undoTasks(['t2'], { 'b.txt': undefined }, options);
    assert.match((await broken(story)).P3!, expected);
  }
});

for (const trailer of ['Swarm-Run', 'Swarm-Task', 'Swarm-Attempt', 'Swarm-Gate']) {
  test(`a landing without its ${trailer} trailer is caught`, async () => {
    const story = await goodStory();
    await story.landTask(
      't4',
      { 'd.txt': '4\n' },
      { rewrite: (m) => m.replace(new RegExp(`^${trailer}: .*\n`, 'm'), '') },
    );
    assert.match((await broken(story)).P3!, new RegExp(`^t4 \\([0-9a-f]{12}\\): it has no ${trailer}`));
  });
}

test('trailers that are not in the last paragraph do not count', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { rewrite: (m) => `${m}\n\nsaid last\n` });
  assert.match((await broken(story)).P3!, /^t4 \([0-9a-f]{12}\) has no trailers$/);
});

test('a trailer that names another tree than the commit has is caught', async () => {
  const story = await goodStory();
  const other = await story.git('rev-parse', `${story.base}^{tree}`);
  await story.landTask('t4', { 'd.txt': '4\n' }, { rewrite: (m) => m.replace(/[0-9a-f]{40}(?=\n)/, other) });
  assert.match((await broken(story)).P3!, /^t4 .+ names tree [0-9a-f]{12} and has tree [0-9a-f]{12}$/);
});

test('a trailer of another gate is caught', async () => {
  const story = await goodStory();
  await story.landTask(
    't4',
    { 'd.txt': '4\n' },
    { rewrite: (m) => m.replace('Swarm-Gate: g1', 'Swarm-Gate: g0') },
  );
  assert.match((await broken(story)).P3!, /names gate g0, the run's is g1/);
});

test('a commit that landed and is not the one the gate passed is caught', async () => {
  const story = await goodStory();
  await story.landTask(
    't4',
    { 'd.txt': '4\n' },
    { tested: await story.git('rev-parse', `${story.base}^{tree}`) },
  );
  assert.match((await broken(story)).P3!, /^l3: tree [0-9a-f]{12} was tested, tree [0-9a-f]{12} landed$/);
});

for (const outcome of ['failed', 'none', undefined]) {
  test(`a landing whose gate ${outcome ? `said ${outcome}` : 'never ran'} is caught`, async () => {
    const story = await goodStory();
    await story.landTask('t4', { 'd.txt': '4\n' }, { outcome });
    assert.match(
      (await broken(story)).P3!,
      outcome ? /its gate: (failed|none) by g1/ : /its gate: never ran/,
    );
  });
}

test('without a gate in the request, landings are said to be untested and are no fault', async () => {
  const story = await newStory();
  story.gate = 'none';
  await story.landTask('t1', { 'a.txt': '1\n' }, { outcome: 'none' });
  assert.deepEqual(await broken(story), {});
});

test('a change outside what the branch changed is caught', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { collateral: { 'a.txt': 'reverted\n' } });
  assert.match((await broken(story)).P5!, /^t4 \([0-9a-f]{12}\) also changes "a.txt"$/);
});

test('a journal that measured more than the branch changed cannot hide a collateral change', async () => {
  const story = await goodStory();
  await story.landTask(
    't4',
    { 'd.txt': '4\n' },
    { collateral: { 'a.txt': 'x\n' }, measured: ['d.txt', 'a.txt'] },
  );
  const report = await verify(story);
  assert.deepEqual(
    report.checks.filter((c) => !c.ok).map((c) => c.detail.replace(/[0-9a-f]{12}/, '…')),
    ['t4 (…) also changes "a.txt"', 't4.1 changed 1 path, the journal says 2'],
  );
});

test('a landing that is a merge instead of one commit is caught', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { isMerge: true });
  assert.match((await broken(story)).P3!, /^l3 \([0-9a-f]{12}\) has 2 parents$/);
});

test('two tasks in one commit are caught', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { alongside: 't5' });
  assert.match((await broken(story)).P3!, /^l3 \([0-9a-f]{12}\) lands 2 tasks in one commit$/);
});

const TWO = { t4: { 'd.txt': '4\n' }, t5: { 'e.txt': '5\n' } };

test('a batch that landed as one merge, its tasks’ commits under it, is no fault', async () => {
  const story = await goodStory();
  await story.landBatch(TWO);
  story.close();
  assert.deepEqual(await broken(story), {});
  assert.match(
    (await verify(story)).checks.find((check) => check.name === 'no task lands twice')!.detail,
    /^4 marked commits$/,
  );
});

for (const told of ['tested', 'half-found', 'found'] as const) {
  test(`a batch published at the instant of a kill is no fault while the run is open (${told})`, async () => {
    const story = await goodStory();
    await story.landBatch(TWO, { told });
    assert.deepEqual(await broken(story), {});
  });
}

test('a batch of which only half is recorded when the run closes is caught', async () => {
  const story = await goodStory();
  await story.landBatch(TWO, { told: 'half-found' });
  story.close();
  const found = await broken(story);
  assert.match(found.P7!, /^t5 is on the target as [0-9a-f]{12} and the journal does not say so$/);
});

test('a batch without the trailers of what was tested is caught', async () => {
  const story = await goodStory();
  await story.landBatch(TWO, { rewrite: (m) => m.replace(/Swarm-Gate.*\n/, '') });
  assert.match((await broken(story)).P3!, /^l3 \([0-9a-f]{12}\): it has no Swarm-Gate$/);
});

test('a batch that names another tree than it has is caught', async () => {
  const story = await goodStory();
  const other = await story.git('rev-parse', `${story.base}^{tree}`);
  await story.landBatch(TWO, { rewrite: (m) => m.replace(/(Swarm-Gate: \S+) .*/, `$1 ${other}`) });
  assert.match((await broken(story)).P3!, /^l3 \([0-9a-f]{12}\) names tree [0-9a-f]{12} and has tree/);
});

test('a commit in a batch without the trailers of its task is caught', async () => {
  const story = await goodStory();
  await story.landBatch(TWO, { rewriteMember: (m) => m.split('\n\n')[0]! });
  assert.match((await broken(story)).P3!, /^t4 \([0-9a-f]{12}\) has no trailers, t5 /);
});

test('a commit in a batch that says it was tested is caught: only the batch was', async () => {
  const story = await goodStory();
  const tree = await story.git('rev-parse', `${story.base}^{tree}`);
  await story.landBatch(TWO, { rewriteMember: (m) => `${m}Swarm-Gate: g1 ${tree}\n` });
  assert.match((await broken(story)).P3!, /^t4 \([0-9a-f]{12}\) says that it was tested, and its batch was/);
});

test('a batch that changes more than its tasks’ commits do is caught', async () => {
  const story = await goodStory();
  await story.landBatch(TWO, { more: { 'sneaked.txt': 'in\n' } });
  assert.match((await broken(story)).P3!, /^l3 \([0-9a-f]{12}\) changes more than its tasks do$/);
});

test('a batch that lacks the commit of one of its tasks is caught', async () => {
  const story = await goodStory();
  await story.landBatch(TWO, { without: ['t5'] });
  const found = await broken(story);
  assert.match(found.P3!, /^l3 \([0-9a-f]{12}\) has a commit for t5 that is not on [0-9a-f]{12}$/);
  assert.match(found.P1!, /^t5 landed as [0-9a-f]{12}, which is not on/);
});

test('a batch’s merge that the journal does not know is caught', async () => {
  const story = await goodStory();
  const tree = await story.git('rev-parse', `${story.head}^{tree}`);
  const message = `Land 2 tasks\n\nSwarm-Run: ${RUN}\nSwarm-Gate: g1 ${tree}\n`;
  await story.moveTarget(await story.commit({ files: {}, message }));
  assert.match(
    (await broken(story)).P7!,
    /^[0-9a-f]{12} says it is a batch of this run and was never started/,
  );
});

test('a landing without a branch handed in for it is caught', async () => {
  const story = await goodStory();
  await story.landTask('t6', { 'f.txt': '6\n' }, { isHandedIn: false });
  assert.match((await broken(story)).P5!, /^t6 \([0-9a-f]{12}\) landed and no branch was handed in for it$/);
});

test('a landing that hangs off the first-parent line is caught', async () => {
  const story = await goodStory();
  const before = story.head;
  await story.landTask('t4', { 'd.txt': '4\n' });
  const side = story.head;
  story.head = before;
  const tip = await story.commit({ files: { 'd.txt': '4\n' }, message: 'Merge', parents: [before, side] });
  await story.moveTarget(tip);
  assert.match(
    (await broken(story)).P3!,
    /^l3 \([0-9a-f]{12}\) is not on the first-parent line of refs\/heads\/swarm\//,
  );
});

test('what the journal calls landed and is not on the target is caught', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { isPublished: false });
  assert.match((await broken(story)).P1!, /^t4 landed as [0-9a-f]{12}, which is not on refs\/heads\/swarm\//);
});

test('a marked commit on the target that the journal does not know is caught', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { isTold: false });
  assert.match(
    (await broken(story)).P7!,
    /^t4 is on the target as [0-9a-f]{12} and the journal does not say so$/,
  );
});

test('a landing published at the instant of a kill is no fault while the run is open', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { isTold: 'tested' });
  assert.deepEqual(await broken(story), {});
  story.close();
  assert.match((await broken(story)).P7!, /^t4 is on the target as/);
});

test('a landing found at start-up counts as one, with the gate it had passed', async () => {
  const story = await goodStory();
  await story.landTask('t4', { 'd.txt': '4\n' }, { isTold: 'tested' });
  story.say({ type: 'landing.found', task: 't4', attempt: 't4.1', commit: story.head });
  story.close();
  assert.deepEqual(await broken(story), {});
});

test('a target that was moved by force is caught', async () => {
  const story = await goodStory();
  story.head = story.base;
  await story.moveTarget(await story.commit({ files: { 'z.txt': 'z\n' }, message: 'Elsewhere' }));
  const found = await broken(story);
  assert.match(
    found.P4!,
    /is at [0-9a-f]{12}, which does not have [0-9a-f]{12}, its last known value, below it$/,
  );
  assert.match(found.P1!, /^t1 landed as/);
});

test('a target whose history no longer holds the base is caught', async () => {
  const story = await goodStory();
  await story.moveTarget(await story.commit({ files: { 'z.txt': 'z\n' }, message: 'Rootless', parents: [] }));
  assert.match((await broken(story)).P4!, /no longer has the run's base [0-9a-f]{12} below it$/);
});

test('a target that is gone is caught', async () => {
  const story = await goodStory();
  await story.git('update-ref', '-d', story.ref);
  assert.match((await broken(story)).P4!, /^refs\/heads\/swarm\/.+ is gone$/);
});

test('a commit pushed by somebody else between two landings is fine when the journal tells of it', async () => {
  const story = await goodStory();
  const from = story.head;
  const pushed = await story.commit({ files: { 'h.txt': 'human\n' }, message: 'By hand' });
  story.say({ type: 'target.moved', from, to: pushed, lost: [] });
  await story.moveTarget(pushed);
  await story.landTask('t4', { 'd.txt': '4\n' });
  story.close();
  assert.deepEqual(await broken(story), {});
});

test('a commit below our landings that nobody accounts for is caught', async () => {
  const story = await goodStory();
  await story.moveTarget(await story.commit({ files: { 'h.txt': 'human\n' }, message: 'By hand' }));
  await story.landTask('t4', { 'd.txt': '4\n' });
  const found = await broken(story);
  assert.match(found.P7!, /^[0-9a-f]{12} is on refs\/heads\/swarm\/.+ and the journal knows nothing of it$/);
  assert.match(found.P4!, /^entry \d+: moved from [0-9a-f]{12} to [0-9a-f]{12} while the target was at/);
});

test('commits on top of a closed run are nobody’s fault', async () => {
  const story = await goodStory();
  story.close();
  await story.moveTarget(await story.commit({ files: { 'h.txt': 'human\n' }, message: 'Later' }));
  assert.deepEqual(await broken(story), {});
});

test('a task that never came to an end is lost once the run is closed', async () => {
  const story = await goodStory();
  story.say({ type: 'task.accepted', task: 't4' });
  assert.deepEqual(await broken(story), {});
  story.close();
  assert.equal((await broken(story)).P1, 'the run is closed and t4 never came to an end');
});

test('damage to the journal is told by line and byte, and nothing else is claimed', async () => {
  const story = await goodStory();
  await story.writeJournal();
  const whole = await readFile(story.journal);
  const second = whole.indexOf('\n') + 1;
  const damages: [string, Buffer, RegExp][] = [
    [
      'a flipped bit',
      flip(whole, second + 90),
      /^line 2, byte \d+: its crc is [0-9a-f]{8}, its bytes give [0-9a-f]{8};/,
    ],
    [
      'a lost line',
      Buffer.concat([whole.subarray(0, second), whole.subarray(whole.indexOf('\n', second) + 1)]),
      /^line 2, byte \d+: its seq is 3, after 1;/,
    ],
    [
      'a line that is no entry',
      Buffer.concat([Buffer.from('{]\n'), whole]),
      /^line 1, byte 0: it has no crc;/,
    ],
    ['nothing at all', Buffer.alloc(0), /^the journal does not begin with run.opened;/],
  ];
  for (const [name, bytes, said] of damages) {
    await writeFile(story.journal, bytes);
    const report = await verifyRepository({ repository: story.path, run: RUN });
    assert.equal(report.ok, false, name);
    assert.equal(report.checks.length, 1, name);
    assert.match(report.checks[0]!.detail, said, name);
  }
});

test('a last line that was cut short at any byte is no damage, and is told', async () => {
  const story = await goodStory();
  await story.writeJournal();
  const whole = await readFile(story.journal);
  const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (const end of [last + 1, last + 40, whole.length - 1]) {
    await writeFile(story.journal, whole.subarray(0, end));
    const report = await verifyRepository({ repository: story.path, run: RUN });
    assert.equal(report.ok, true);
    assert.match(
      report.checks[0]!.detail,
      new RegExp(`and ${end - last} bytes of a write that was cut short$`),
    );
  }
});

test('the journal of another run is not taken for this one’s', async () => {
  const story = await goodStory();
  await story.writeJournal();
  const ask = { repository: story.path, run: 'r-20260101-aaaa', journalPath: story.journal };
  const report = await verifyRepository(ask);
  assert.equal(
    report.checks.find((c) => !c.ok)?.detail,
    `it is the journal of ${RUN}, not of r-20260101-aaaa`,
  );
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 1;
  return copy;
}

test('a task that was split is lost until it is gathered from its parts', async () => {
  const story = await goodStory();
  story.say({ type: 'task.accepted', task: 't4' }, { type: 'task.expanded', task: 't4' });
  story.close();
  assert.match(JSON.stringify(await broken(story)), /t4/);
  const whole = await goodStory();
  whole.say({ type: 'task.accepted', task: 't4' }, { type: 'task.expanded', task: 't4' });
  whole.say({ type: 'task.gathered', task: 't4' });
  whole.close();
  assert.deepEqual(await broken(whole), {});
});

test('of several that tried a task those that lost are over, and none of them may land', async () => {
  const tried = (story: Awaited<ReturnType<typeof goodStory>>, lost: string): void => {
    story.say({ type: 'task.accepted', task: 't4' }, { type: 'task.expanded', task: 't4' });
    story.say({ type: 'task.accepted', task: 't5' });
    story.say({ type: 'contest.decided', task: 't4', winner: 't1', lost: [{ task: lost }] });
    story.say({ type: 'task.gathered', task: 't4' });
  };
  const kept = await goodStory();
  tried(kept, 't5');
  kept.close();
  assert.deepEqual(await broken(kept), {});
  const open = await goodStory();
  tried(open, 't4');
  open.close();
  assert.match(JSON.stringify(await broken(open)), /t5/);
  const twice = await goodStory();
  tried(twice, 't5');
  await twice.landTask('t5', { 'c.txt': 'three\n' });
  twice.close();
  assert.match(JSON.stringify(await broken(twice)), /t5 landed, and another was taken/);
});
