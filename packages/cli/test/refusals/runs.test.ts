/** What is refused about runs: which one, which task, who holds it, whether it is live. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { World } from '../support/world.ts';
import { type Call, topic } from './refused.ts';

const { refused, end } = topic('runs');
const ADD = [{ id: 'parser', title: 'Add x', description: 'echo x > x.txt' }];
const STEERING: readonly (readonly string[])[] = [
  ['pause'],
  ['continue'],
  ['cancel', 't1'],
  ['cancel', '--yes'],
  ['retry', 't1'],
  ['submit', 'Do more'],
  ['amend', 'and more'],
  ['scale', '4'],
];
const READS: readonly (readonly string[])[] = [
  ['status'],
  ['tasks'],
  ['explain', 't1'],
  ['logs'],
  ['report'],
  ['verify'],
];
const calls = (args: readonly (readonly string[])[], more: readonly string[] = []): readonly Call[] =>
  args.map((words) => ({ args: [...words, ...more] }));

/** A run that has ended: one task landed. */
async function finished(world: World): Promise<void> {
  const { code, stderr } = await world.swarm(await world.plan(ADD, '--gate', 'true'));
  if (code !== 0) throw new Error(stderr);
}

refused('no-run', 'where no run was, every command that acts on one says so and how to begin', () =>
  calls([...READS, ['resume'], ['apply'], ['undo', 't1'], ...STEERING]),
);

refused('unknown-run', 'a run that is not there is refused with those that are', async (world) => {
  await finished(world);
  return calls([['status'], ['resume'], ['pause']], ['--run', 'r-20260101-aaaa']);
});

refused('unknown-task', 'a task that is not there is refused with those that are', async (world) => {
  await finished(world);
  return calls([
    ['explain', 't12'],
    ['explain', 'praser'],
    ['explain', '../../etc'],
  ]);
});

refused('finished', 'a finished run is not resumed, and nobody steers it', async (world) => {
  await finished(world);
  return calls([['resume'], ...STEERING]);
});

refused('undo', 'only what has landed can be undone', async (world) => {
  const nothing = [{ title: 'Fail', description: 'false' }];
  await world.swarm(await world.plan(nothing, '--gate', 'true'));
  const ignored = /^state\/.*\/quarantine: /;
  return [
    { args: ['undo', 't1'], isAlone: true, ignored },
    { args: ['undo', 't12'], isAlone: true },
  ];
});

refused('apply-nothing', 'a run that landed nothing has nothing to apply', async (world) => {
  const nothing = [{ title: 'Fail', description: 'false' }];
  await world.swarm(await world.plan(nothing, '--gate', 'true'));
  return { args: ['apply'] };
});

refused('apply-dirty', 'apply moves a clean checkout only', async (world) => {
  await finished(world);
  await world.write({ 'README.md': 'changed\n' });
  // It is the hub that is tidied up when it is opened.
  return { args: ['apply'], isAlone: true, ignored: /^state\/.*\/quarantine: / };
});

refused('held', 'a second orchestrator is refused, naming the first and since when', async (world, t) => {
  const pid = await held(world, t);
  return { args: await world.plan(ADD, '--gate', 'true'), hide: { [String(pid)]: '<pid>' }, ignored: LIVE };
});

/** What the first one writes meanwhile; of a second run's folder there may be nothing. */
const LIVE =
  /^(state\/|tmp\/|shop\/\.git\/swarm\/runs\/r-\S+\/(log|journal)\.ndjson:|shop\/\.git\/swarm\/runs\/r-\S+\/attempts)/;

/** A run whose only attempt waits; it is ended with the test. */
async function held(world: World, t: TestContext): Promise<number> {
  const waits = [{ title: 'Wait', description: `until test -e ${world.root}/go; do sleep 0.05; done` }];
  const running = world.start(await world.plan(waits, '--gate', 'true'));
  t.after(async () => {
    running.kill('SIGKILL');
    await running.ended;
  });
  await running.line(/t1\.1 started/);
  return running.pid;
}

refused('damaged', 'a damaged journal is refused by line and byte', async (world) => {
  await finished(world);
  const journal = join(await world.runFolder(), 'journal.ndjson');
  const { readFile } = await import('node:fs/promises');
  const lines = (await readFile(journal, 'utf8')).split('\n');
  await writeFile(journal, [lines[0], '{"v":1}', ...lines.slice(2)].join('\n'));
  return calls([['status'], ['resume']]);
});

end();
