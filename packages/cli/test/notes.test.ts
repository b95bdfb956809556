/** The notes a run's workers share: by the tool of our own agent, by two files of any other, and by the operator. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none', '--workers', '1'];
const HAND_IN = {
  tool: { name: 'submit_handoff', arguments: { status: 'complete', summary: 'it is there' } },
};
const notesOf = async (world: World) =>
  JSON.parse((await world.swarm(['notes', '--json'])).stdout).notes.map(
    ({ key, text, version, by }: Record<string, unknown>) => [key, text, version, by],
  );

test('what one worker notes by the tool the next is told in its prompt; who is too late is told what stands there', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure('[workers]\nnotes = "on"\n');
  const plan = ['a', 'b'].map((id) => ({
    id,
    title: `Write ${id}`,
    description: 'So.',
    scope: [`${id}.txt`],
  }));
  await writeFile(join(world.root, 'plan.json'), JSON.stringify(plan));
  const note = (version: number, text: string) => ({
    tool: { name: 'notes', arguments: { do: 'set', key: 'names', text, version } },
  });
  const server = await startModelServer(t, ({ title, turn }) => {
    const file = title.replace('Write ', '');
    if (turn === 0) return { tool: { name: 'bash', arguments: { command: `echo ${file} > ${file}.txt` } } };
    if (turn === 1) return note(0, `NEEDLE-${file}`);
    if (turn === 2 && file === 'b') return note(1, 'NEEDLE-both');
    return HAND_IN;
  });
  const run = await world.swarm(['run', '--plan', join(world.root, 'plan.json'), ...OPEN], {
    env: modelEnvironment(server.url),
  });
  assert.equal(run.code, 0, run.stderr);
  const said = (title: string, turn: number) =>
    JSON.stringify(server.calls.find((call) => call.title === title && call.turn === turn)?.messages);
  assert.doesNotMatch(said('Write a', 0), /NEEDLE/);
  assert.match(said('Write b', 0), /- names \(version 1, by t1\.1\): NEEDLE-a/);
  assert.match(said('Write b', 2), /not set: .*version 1.*now: names \(version 1, by t1\.1\): NEEDLE-a/);
  assert.deepEqual(await notesOf(world), [['names', 'NEEDLE-both', 2, 't2.1']]);
  const events = (await world.swarm(['events', '--topic', 'notes'])).stdout;
  assert.match(events, /notes +note\.set +t1\.1 notes names \(version 1\): NEEDLE-a\n.*NEEDLE-both/);
});

test('any agent reads one file and leaves another; the operator sets notes too, and nothing is offered unasked', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const line = '{"key": "src/a: trap", "text": "mind the gap"}';
  const plan = [
    { title: 'Note', description: `echo '${line}' >> "\${SWARM_NOTES_OUT:-/dev/null}"; echo a > a.txt` },
    {
      title: 'Read',
      description: `until test -e ${world.root}/go; do sleep 0.05; done; cat "$SWARM_NOTES" > b.txt`,
      dependsOn: ['t1'],
    },
  ];
  await world.configure('[workers]\nnotes = "on"\n');
  const run = world.start(await world.plan([{ id: 't1', ...plan[0]! }, plan[1]!], ...OPEN));
  await run.line(/t2\.1 started/);
  assert.match(
    (await world.swarm(['notes'])).stdout,
    /^src\/a: trap {2}\(version 1, by t1\.1\)\n {2}mind the gap/,
  );
  const set = await world.swarm(['notes', 'set', 'names', 'colour, not color']);
  assert.equal(
    set.stdout,
    'the note names is at version 1: whoever it concerns is told with the next prompt\n',
  );
  await world.release();
  assert.equal((await run.ended).code, 0);
  assert.deepEqual(await notesOf(world), [
    ['src/a: trap', 'mind the gap', 1, 't1.1'],
    ['names', 'colour, not color', 1, 'operator'],
  ]);
  assert.match(
    await world.git('show', `${await world.branch()}:b.txt`),
    /^src\/a: trap \(version 1, by t1\.1\): mind the gap/,
  );

  const other = await World.with(t, { 'README.md': 'shop\n' });
  const quiet = await other.swarm(
    await other.plan(
      [{ title: 'Note', description: 'printenv SWARM_NOTES > a.txt || echo none > a.txt' }],
      ...OPEN,
    ),
  );
  assert.equal(quiet.code, 0, quiet.stderr);
  assert.equal(await other.git('show', `${await other.branch()}:a.txt`), 'none');
});
