/** Whole runs whose planner does not answer in one piece: nothing it filed is lost, and nothing is filed twice. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const FILES = { 'check.sh': 'true\n' };
const ARGS = ['run', 'Add files', '--gate', 'sh check.sh', '--setup', 'none', '--workers', '1'];
const task = (id: string, ...dependsOn: string[]) => ({
  ...{ id, title: `Add ${id}`, description: `Write ${id}.txt.`, scope: [`${id}.txt`] },
  ...{ acceptance: 'it is there', priority: 2, dependsOn },
});
const plan = (...tasks: object[]): string => JSON.stringify({ tasks, done: false });
const OVER: Answer = { text: '{"tasks":[],"done":true}' };

function work({ title, turn }: Call): Answer {
  const name = title.replace('Add ', '');
  const said = { status: 'complete', summary: `${name} is there`, concerns: [], suggestions: [] };
  return turn === 0
    ? { tool: { name: 'write', arguments: { path: `${name}.txt`, content: `${name}\n` } } }
    : { tool: { name: 'submit_handoff', arguments: said } };
}

/** Answers of the planner in order; the last one goes on for ever. */
async function landed(
  t: Parameters<typeof World.with>[0],
  answers: readonly Answer[],
  names: readonly string[],
) {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  let n = 0;
  const server = await startModelServer(t, (call) =>
    call.isWorker ? work(call) : answers[Math.min(n++, answers.length - 1)]!,
  );
  const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
  assert.equal(run.code, 0, run.stderr);
  await assertLandedOnce(
    world,
    base,
    names.map((name) => `Add ${name}`),
  );
  return server.calls.filter((call) => !call.isWorker);
}

describe('a plan', { concurrency: true }, () => {
  test('that begins beside a look at the repository lands, with what depended on a later task', async (t) => {
    const list = { name: 'list', arguments: {} };
    const calls = await landed(
      t,
      [{ text: plan(task('b', 'later'), task('a')), tool: list }, { text: plan(task('later')) }, OVER],
      ['a', 'later', 'b'],
    );
    assert.match(calls[1]!.messages.at(-1)!.content ?? '', /do not send them again: a is t1/);
  });

  test('that was cut by its length goes on after the last task that was whole', async (t) => {
    const whole = plan(task('a'), task('b'));
    const cut = whole.slice(0, whole.indexOf('"id":"b"') + 30);
    const delta = (fields: object, finish: string | null) => ({
      choices: [{ index: 0, delta: fields, finish_reason: finish }],
    });
    const events = [delta({ content: cut }, null), delta({}, 'length'), '[DONE]'];
    const calls = await landed(t, [{ events }, { text: plan(task('b')) }, OVER], ['a', 'b']);
    assert.match(
      calls[1]!.messages.at(-1)!.content ?? '',
      /ended after task a; go on with those that are missing/,
    );
  });

  test('that is sent again, and once more under another name, is done once', async (t) => {
    const both = plan(task('a'), task('b'));
    const renamed = JSON.stringify({
      tasks: [task('a'), task('b'), { ...task('a'), id: 'a2' }],
      done: false,
    });
    const calls = await landed(t, [{ text: both }, { text: renamed }, OVER], ['a', 'b']);
    const told = calls.flatMap((call) => call.messages.map((m) => m.content ?? '')).join('\n');
    assert.match(told, /your task a2 was refused: it is t1 “Add a” again/);
  });
});
