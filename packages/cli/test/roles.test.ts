/** Roles: what a task's `role` picks of agent, model and prompt, in the real program. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const POET = '---\nvariables: [title]\n---\nNEEDLE-POET: rhyme on {{ title }}.\n';
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none'];
const ROLES = '[roles.poet]\nagent = "builtin"\nmodel = "small"\n[roles.scribe]\nagent = "command"\n';
const HAND_IN = { name: 'submit_handoff', arguments: { status: 'complete', summary: 'it is there' } };

async function given(t: Parameters<typeof World.with>[0], tasks: readonly object[]) {
  const world = await World.with(t, { 'README.md': 'shop\n', '.swarm/prompts/poet.md': POET });
  await world.configure(ROLES);
  const file = join(world.root, 'plan.json');
  await writeFile(file, JSON.stringify(tasks));
  const play = ({ turn, title }: Call): Answer =>
    turn === 0
      ? { tool: { name: 'write', arguments: { path: `${title}.txt`, content: '1\n' } } }
      : { tool: HAND_IN };
  const server = await startModelServer(t, play, ['test-model', 'small']);
  const env = modelEnvironment(server.url);
  return { world, server, args: ['run', '--plan', file, ...OPEN, '--trust-repo'], env };
}

test('a task’s role picks its agent, its model and its prompt; its own agent goes before', async (t) => {
  const { world, server, args, env } = await given(t, [
    { id: 'a', title: 'verse', role: 'poet', description: 'echo 1 > verse.txt' },
    { id: 'b', title: 'deed', role: 'scribe', description: 'echo 1 > deed.txt' },
    {
      id: 'c',
      title: 'line',
      role: 'poet',
      agent: 'command',
      description: 'grep -q NEEDLE-POET "$PROMPT"; echo 1 > line.txt',
    },
    { id: 'd', title: 'report', role: 'reviewer', description: 'echo 1 > report.txt' },
  ]);
  const run = await world.swarm([...args, '--agent', 'builtin'], { env });
  assert.equal(run.code, 0, run.stderr);
  const systemOf = (title: string) =>
    server.calls.find((call) => call.title === title)?.messages.at(0)?.content;
  assert.match(systemOf('verse')!, /^You are a worker[\s\S]*NEEDLE-POET: rhyme on verse\.$/);
  assert.match(systemOf('report')!, /## Your role: reviewer/);
  assert.deepEqual([systemOf('deed'), systemOf('line')], [undefined, undefined]);
  const log = await world.log();
  const agents = log
    .filter(({ event }) => event === 'agent.started')
    .map(({ task, data }) => [task, data.driver, data.model]);
  assert.deepEqual(agents.toSorted(), [
    ['t1', 'builtin', 'small'],
    ['t2', 'command', undefined],
    ['t3', 'command', undefined],
    ['t4', 'builtin', undefined],
  ]);
  const models = log
    .filter(({ event, task }) => event === 'model.called' && task === 't1')
    .map(({ data }) => data.model);
  assert.deepEqual([...new Set(models)], ['small']);
  const { stdout } = await world.swarm(['explain', 't1']);
  assert.match(stdout, /accepted from the plan as a: “verse”.*, for a poet\./);
  assert.match(stdout, /t1\.1’s agent runs \(builtin with small, prompt [0-9a-f]{12}\/[0-9a-f]{12}\)/);
});

test('a role or an agent that nobody is refuses the plan whole, with the nearest name as the fix', async (t) => {
  const { world, args, env } = await given(t, [
    { id: 'a', title: 'verse', role: 'poett' },
    { id: 'b', title: 'deed', agent: 'comand' },
    { id: 'c', title: 'line', role: 'nobody-knows' },
  ]);
  const { code, stderr } = await world.swarm([...args, '--agent', 'builtin'], { env });
  assert.equal(code, 65);
  assert.match(
    stderr,
    /SW0202\]: the plan is wrong: there is no role "poett"; there are: coder, .*poet, scribe[\s\S]*?fix +"role": "poet" {3}# in a/,
  );
  assert.match(stderr, /there is no agent "comand"[\s\S]*?fix +"agent": "command" {3}# in b/);
  assert.match(stderr, /there is no role "nobody-knows"[\s\S]*?fix +swarm schema task/);
});

test('a role whose agent is not here is refused where a task asks for it, and noted by the doctor', async (t) => {
  const { world, args, env } = await given(t, [{ id: 'a', title: 'verse', role: 'critic' }]);
  await world.configure('[roles.critic]\nagent = "codex"\n');
  const refused = await world.swarm([...args, '--agent', 'builtin'], { env });
  assert.equal(refused.code, 78);
  assert.match(
    refused.stderr,
    /SW0317\]: the agent codex is not installed[\s\S]*fix +swarm doctor --fix-agents codex/,
  );
  const doctor = await world.swarm(['doctor', '--repo', world.repository], { env });
  assert.match(doctor.stdout, /role critic +note +nobody can do it: the role "critic" is done by "codex"/);
});

test('prompts show says who does a role’s tasks and how its text is used; a stray prompt is told how it becomes one', async (t) => {
  const { world } = await given(t, []);
  const poet = await world.swarm(['prompts', 'show', 'poet']);
  assert.equal(poet.stdout.trimEnd(), POET.trimEnd());
  assert.match(
    poet.stderr,
    /role poet: by builtin, with small; this is told after the rules of the worker’s prompt/,
  );
  const coder = await world.swarm(['prompts', 'show', 'coder', '--json']);
  assert.deepEqual(JSON.parse(coder.stdout).role, { agent: null, model: null });
  assert.match(
    coder.stderr,
    /role coder: by the run’s own agent; it has no prompt of its own: this is the worker’s/,
  );
  assert.match((await world.swarm(['prompts', 'check'])).stdout, /^all 10 prompts can be used$/m);
  await world.write({ '.swarm/prompts/bard.md': POET });
  const stray = await world.swarm(['prompts', 'check']);
  assert.match(stray.stderr, /bard\.md replaces no prompt[\s\S]*fix +\[roles\.bard\]/);
});
