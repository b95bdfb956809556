/** Whole runs in which something fails: what it said reaches the same conversation, the next attempt and the planner. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { handoff, OVER, plan, task, textOf } from './support/harness.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const FILES = { 'check.sh': 'test ! -f bad.txt || { echo "NEEDLE-GATE bad.txt is here"; exit 1; }\n' };
const GATE = ['--gate', 'sh check.sh', '--setup', 'none', '--workers', '1'];
const bash = (command: string): Answer => ({ tool: { name: 'bash', arguments: { command } } });
const submit = (...said: Parameters<typeof handoff>): Answer => ({
  tool: { name: 'submit_handoff', arguments: handoff(...said) },
});
const text = ({ messages }: Call): string => textOf(messages);

/** Told of earlier attempts: the rules name the block, and this call has it. */
const isAnother = (call: Call): boolean => /^<earlier_attempts>$/m.test(text(call));

describe('what failed', { concurrency: true }, () => {
  test('goes back into the conversation that handed in: it is put right, and one attempt lands', async (t) => {
    const world = await World.with(t, FILES);
    const server = await startModelServer(t, (call) => {
      if (!call.isWorker) return call.turn === 0 ? plan(task('a')) : OVER;
      if (call.turn === 0) return bash('echo a > a.txt; echo x > bad.txt');
      if (call.turn === 2) return bash('rm bad.txt');
      return submit('complete', 'a is there');
    });
    const run = await world.swarm(['run', 'Add a', ...GATE], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    const workers = server.calls.filter((call) => call.isWorker);
    assert.equal(workers.length, 4);
    assert.equal(workers[2]!.messages.at(-1)!.role, 'tool');
    assert.match(
      workers[2]!.messages.at(-1)!.content ?? '',
      /not accepted yet: the gate failed[\s\S]*NEEDLE-GATE/,
    );
    const events = (await world.log()).map((line) => line.event);
    assert.equal(events.filter((event) => event === 'attempt.started').length, 1);
    assert.equal(events.filter((event) => event === 'attempt.reworked').length, 1);
    assert.match(
      (await world.swarm(['explain', 't1'])).stdout,
      /goes on with what the checks said \(round 1\)/,
    );
    assert.equal((await world.swarm(['verify'])).code, 0);
  });

  test('for good reaches the planner with its cause, and a later attempt is told of the earlier one', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 2');
    let asked = 0;
    const server = await startModelServer(t, (call) => {
      if (!call.isWorker) return asked++ === 0 ? plan(task('a'), task('b')) : OVER;
      if (call.title === 'Add b')
        return submit('blocked', 'NEEDLE-CAUSE', ['NEEDLE-CONCERN'], ['NEEDLE-SUGGESTION']);
      return submit('failed', 'NEEDLE-LAST: the lock is held');
    });
    const run = await world.swarm(['run', 'Add a and b', ...GATE], { env: modelEnvironment(server.url) });
    assert.notEqual(run.code, 0, run.stderr);
    const planner = server.calls.filter((call) => !call.isWorker);
    for (const needle of ['NEEDLE-CAUSE', 'NEEDLE-CONCERN', 'NEEDLE-SUGGESTION', 'NEEDLE-LAST'])
      assert.ok(text(planner.at(-1)!).includes(needle), `${needle} in\n${text(planner.at(-1)!)}`);
    const second = server.calls.filter(
      (call) => call.title === 'Add a' && /attempt 2 of at most 2/.test(text(call)),
    );
    assert.match(
      text(second[0]!),
      /<earlier_attempts>[\s\S]*Attempt t1\.1 the agent exited with an error[\s\S]*NEEDLE-LAST/,
    );
  });

  test('to merge is told to the next attempt with both sides and their files, and to the planner', async (t) => {
    const world = await World.with(t, { ...FILES, 'shared.txt': 'first\nlast\n' });
    const names: Record<string, string> = { 'Add a': 'a', 'Add b': 'b' };
    let asked = 0;
    const server = await startModelServer(t, (call) => {
      if (!call.isWorker) return asked++ === 0 ? plan(task('a'), task('b')) : OVER;
      const name = names[call.title]!;
      const isAgain = isAnother(call);
      if (call.turn === 0 && isAgain) return bash("sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' shared.txt");
      if (call.turn === 0) return bash(`echo ${name} > ${name}.txt; sed -i '1a ${name} was here' shared.txt`);
      // Both work on the same base: neither hands in before the other has begun.
      return { ...submit('complete', `NEEDLE-SUMMARY-${name}`), text: 'I look once more.', overMs: 2_000 };
    });
    const args = ['run', 'Add a and b', '--gate', 'sh check.sh', '--setup', 'none', '--workers', '2'];
    const run = await world.swarm(args, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    const again = server.calls.filter((call) => call.isWorker && isAnother(call));
    const told = text(again[0]!);
    const other = again[0]!.title === 'Add a' ? 'b' : 'a';
    assert.match(told, /does not merge with the target \(shared\.txt\)/);
    assert.match(told, /Yours, what your task intends:/);
    assert.match(told, new RegExp(`Theirs, what landed meanwhile[\\s\\S]*Add ${other}`));
    assert.match(told, /Forbidden: `git merge --abort`/);
    const planner = server.calls
      .filter((call) => !call.isWorker)
      .map(text)
      .join('\n');
    assert.match(planner, /rejected, does not merge with the target in shared\.txt/);
    const shared = await world.git('show', `${await world.branch()}:shared.txt`);
    assert.match(shared, /a was here/);
    assert.match(shared, /b was here/);
  });

  test('and was handed in as partial without a change is no task done, though its verify passes', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 1');
    let asked = 0;
    const server = await startModelServer(t, (call) => {
      if (!call.isWorker) return asked++ === 0 ? plan(task('a', { verify: 'true' })) : OVER;
      return submit('partial', 'NEEDLE-START: I could not find where to start');
    });
    const run = await world.swarm(['run', 'Add a', ...GATE], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stdout, /1 task failed \(t1\)/);
    const planner = server.calls.filter((call) => !call.isWorker);
    assert.match(text(planner.at(-1)!), /NEEDLE-START/);
  });
});
