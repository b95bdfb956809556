/** Whole runs whose planner does not answer in one piece: nothing it filed is lost, and nothing is filed twice. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { handoff, OVER, plan, planOf, task, textOf } from './support/harness.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const FILES = { 'check.sh': 'true\n' };
const ARGS = ['run', 'Add files', '--gate', 'sh check.sh', '--setup', 'none', '--workers', '1'];

function work({ title, turn }: Call): Answer {
  const name = title.replace('Add ', '');
  return turn === 0
    ? { tool: { name: 'write', arguments: { path: `${name}.txt`, content: `${name}\n` } } }
    : { tool: { name: 'submit_handoff', arguments: handoff('complete', `${name} is there`) } };
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
      [{ ...plan(task('b', { dependsOn: ['later'] }), task('a')), tool: list }, plan(task('later')), OVER],
      ['a', 'later', 'b'],
    );
    assert.match(calls[1]!.messages.at(-1)!.content ?? '', /do not send them again: a is t1/);
  });

  test('that was cut by its length goes on after the last task that was whole', async (t) => {
    const whole = JSON.stringify(planOf(task('a'), task('b')));
    const cut = whole.slice(0, whole.indexOf('"id":"b"') + 30);
    const delta = (fields: object, finish: string | null) => ({
      choices: [{ index: 0, delta: fields, finish_reason: finish }],
    });
    const events = [delta({ content: cut }, null), delta({}, 'length'), '[DONE]'];
    const calls = await landed(t, [{ events }, plan(task('b')), OVER], ['a', 'b']);
    assert.match(
      calls[1]!.messages.at(-1)!.content ?? '',
      /ended after task a; go on with those that are missing/,
    );
  });

  test('that is sent again, and once more under another name, is done once', async (t) => {
    const both = [task('a'), task('b')];
    const renamed = plan(...both, { ...task('a'), id: 'a2' });
    const calls = await landed(t, [plan(...both), renamed, OVER], ['a', 'b']);
    const told = textOf(calls.flatMap(({ messages }) => messages));
    assert.match(told, /your task a2 was refused: it is t1 “Add a” again/);
  });

  test('is followed up by what was said before, word for word, and something at its end', async (t) => {
    const calls = await landed(t, [plan(task('a')), plan(task('b')), OVER], ['a', 'b']);
    assert.ok(calls.length >= 3);
    for (const [i, { messages }] of calls.slice(1).entries()) {
      const before = calls[i]!.messages;
      assert.deepEqual(messages.slice(0, before.length), before);
      assert.deepEqual(
        messages.slice(before.length).map(({ role }) => role),
        ['assistant', 'user'],
      );
    }
    const said = textOf(calls.flatMap(({ messages }) => messages));
    assert.doesNotMatch(said, /Write a\.txt/, 'its own words are left out');
    const [first] = calls;
    assert.doesNotMatch(calls.at(-1)!.messages.at(-1)!.content ?? '', /<repository>|<laws>|<environment>/);
    assert.match(first!.messages.at(-1)!.content ?? '', /<repository>/);
  });

  test('that begins with a question is asked for once more, because nobody can answer', async (t) => {
    const question: Answer = { text: 'Before I plan: tabs or spaces?' };
    const calls = await landed(t, [question, plan(task('a')), OVER], ['a']);
    assert.match(calls[1]!.messages.at(-1)!.content ?? '', /nobody can answer a question/);
  });
});

describe('a planner', { concurrency: true }, () => {
  const read: Answer = { tool: { name: 'read', arguments: { path: 'long.txt' } } };
  const sizeOf = ({ messages }: Call): number => JSON.stringify(messages).length;

  test('that looks around for ever is ended by the budget, and passes it by at most one call', async (t) => {
    const world = await World.with(t, FILES);
    const usage = { prompt_tokens: 4_000, completion_tokens: 100, total_tokens: 4_100 };
    const called = { name: 'list', arguments: '{}' };
    const delta = { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: called }] };
    const events = [
      { choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] },
      { choices: [], usage },
      '[DONE]',
    ];
    const server = await startModelServer(t, () => ({ events }));
    const run = await world.swarm([...ARGS, '--budget', '100ktok'], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 79, run.stderr);
    assert.ok(4_100 * server.calls.length <= 104_100, `${server.calls.length} calls`);
    assert.match(server.calls.at(-1)!.messages.at(-1)!.content ?? '', /Call no more tools\. Answer now/);
  });

  test('that reads more than its model can hold plans all the same, whatever the server refuses', async (t) => {
    const long = `${'one long line of a file that goes on and on\n'.repeat(800)}`;
    const world = await World.with(t, { ...FILES, 'long.txt': long });
    const base = await world.git('rev-parse', 'HEAD');
    const window = 60_000;
    let refused = 0;
    const server = await startModelServer(t, (call) => {
      if (call.isWorker) return work(call);
      if (sizeOf(call) > window) {
        refused += 1;
        const message = `This model's maximum context length is ${window} tokens`;
        return { status: 400, message };
      }
      if (call.messages.some(({ content }) => content?.includes('Add a'))) return OVER;
      return call.turn < 4 ? read : plan(task('a'));
    });
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, ['Add a']);
    assert.ok(refused > 0, 'it read more than fits');
  });

  test('that is done over what its own list has open is told so once, and the run says what is missing', async (t) => {
    const world = await World.with(t, FILES);
    const requirements = [
      { id: 'R1', text: 'There is an a', tasks: ['a'] },
      { id: 'R2', text: 'There is a b' },
    ];
    const first = JSON.stringify({ tasks: [task('a')], requirements, done: false });
    const met = JSON.stringify({ tasks: [], requirements: [{ id: 'R1', status: 'met' }], done: true });
    let n = 0;
    const server = await startModelServer(t, (call) =>
      call.isWorker ? work(call) : { text: n++ === 0 ? first : met },
    );
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stdout, /1 requirement of the planner’s list is not met \(R2: There is a b\)/);
    const told = server.calls.filter((call) =>
      /You say `done`[\s\S]*- R2: There is a b/.test(call.messages.at(-1)!.content ?? ''),
    );
    assert.ok(told.length >= 1);
    assert.match(told[0]!.messages.at(-1)!.content ?? '', /^(?![\s\S]*- R1:)/);
    const events = (await world.log()).map(({ event }) => event);
    assert.ok(events.includes('requirements.written'));
    assert.equal((await world.swarm(['verify'])).code, 0);
  });

  test('whose check would need the network is told before any work, and no attempt is spent on it', async (t) => {
    const world = await World.with(t, FILES);
    const needs = { ...task('a'), verify: 'echo getaddrinfo EAI_AGAIN registry.example; exit 1' };
    let n = 0;
    const server = await startModelServer(t, (call) =>
      call.isWorker ? work(call) : n++ === 0 ? plan(needs) : OVER,
    );
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 1, run.stderr);
    assert.deepEqual(
      server.calls.filter((call) => call.isWorker),
      [],
    );
    const last = server.calls.at(-1)!.messages.map(({ content }) => content ?? '');
    assert.match(last.join('\n'), /t1 failed[\s\S]*cannot be run here: it wants the network/);
  });

  test('that greps with the operators of another dialect, or for what is not there, is told what to do instead', async (t) => {
    const world = await World.with(t, FILES);
    const asks = [
      { name: 'grep', arguments: { pattern: 'price(' } },
      { name: 'grep', arguments: { pattern: 'price\\|true' } },
      { name: 'list', arguments: { path: 'nowhere' } },
      { name: 'read', arguments: { path: 'nowhere.txt' } },
    ];
    const server = await startModelServer(t, ({ turn }) =>
      turn < asks.length ? { tool: asks[turn]! } : OVER,
    );
    await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    const answers = server.calls[asks.length]!.messages.filter(({ role }) => role === 'tool');
    assert.match(answers[0]!.content ?? '', /error: .*[Uu]nmatched|parenthes/);
    assert.match(answers[1]!.content ?? '', /perhaps price\|true is meant/);
    assert.match(answers[2]!.content ?? '', /error: there is no folder nowhere/);
    assert.match(answers[3]!.content ?? '', /error: there is no text file nowhere\.txt; list shows/);
  });
});
