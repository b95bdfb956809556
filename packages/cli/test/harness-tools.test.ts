/** Whole runs by what an agent can do: commands in the background, calls in text, the whole log of a failed check. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { bash, handoff, planOf, submit, task } from './support/harness.ts';
import { type Move, startWindowServer, type WireMessage } from './support/window-server.ts';
import { World } from './support/world.ts';

const PLAN = planOf(task('a'));
const NO_REFUSAL = () => 'too long';
const RUN = ['run', 'Add a', '--setup', 'none', '--workers', '1'];
const last = (messages: readonly WireMessage[]): string => messages.at(-1)?.content ?? '';

describe('an agent', { concurrency: true }, () => {
  test('starts a command in the background, works with it, and leaves none behind', async (t) => {
    const world = await World.with(t, { 'list.txt': 'a list\n' });
    const server = await startWindowServer(t, 100_000, NO_REFUSAL, PLAN, ({ step, messages }): Move => {
      if (step === 0)
        return bash('mkfifo pipe; echo up; read -r line < pipe; echo "got $line"; exec sleep 3210', {
          background: true,
        });
      if (step === 1) return bash('echo hello > pipe; rm pipe; echo a > a.txt');
      if (step < 10 && !/got hello/.test(last(messages)))
        return { calls: [['bash_output', { id: 'bg1', waitMs: 20_000 }]] };
      return submit();
    });
    const run = await world.swarm([...RUN, '--gate', 'true'], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    const said = server.taken
      .at(-1)!
      .filter((m) => m.role === 'tool')
      .map((m) => m.content ?? '');
    assert.match(said[0]!, /^started bg1 in the background/);
    assert.match(said.slice(2).join('\n'), /bg1 is running\n[\s\S]*got hello/);
  });

  test('whose server takes no tools works by calls it writes, where its profile says so', async (t) => {
    const world = await World.with(t, { 'list.txt': 'a list\n' });
    await world.configure('[models.profiles."test-*"]\ntext_tools = true');
    const call = (name: string, args: object): Move => ({
      text: `I go on.\n<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`,
    });
    const server = await startWindowServer(t, 100_000, NO_REFUSAL, PLAN, ({ step }) =>
      step === 0
        ? call('write', { path: 'a.txt', content: 'a\n' })
        : call('submit_handoff', handoff('complete', 'a is there')),
    );
    const run = await world.swarm([...RUN, '--gate', 'true'], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual([server.seen.steps, server.withTools], [2, 0]);
    const [rules, , , told] = server.taken.at(-1)!;
    assert.match(rules!.content ?? '', /You are a worker[\s\S]*# Tools[\s\S]*"name":"submit_handoff"/);
    assert.match(told!.content ?? '', /^<tool_response name="write">\nwrote a\.txt/);
  });

  test('whose checks fail is told where all they printed lies, and finds there what no digest shows', async (t) => {
    const noise = (what: string) => `i=0; while [ $i -lt 3000 ]; do echo "${what} $i"; i=$((i+1)); done\n`;
    const world = await World.with(t, {
      'check.sh': `test ! -f bad.txt && exit 0\n${noise('before')}echo "NEEDLE-CAUSE bad.txt"\n${noise('after')}exit 1\n`,
    });
    const server = await startWindowServer(t, 100_000, NO_REFUSAL, PLAN, ({ step, messages }): Move => {
      if (step === 0) return bash('echo a > a.txt; echo x > bad.txt');
      if (step === 1) return submit();
      const path = / is in (\/\S+): look there/.exec(last(messages))?.[1];
      if (step === 2) return { calls: [['grep', { pattern: 'NEEDLE', path: path ?? '/nowhere' }]] };
      if (step === 3) {
        const line = Number(/:(\d+):NEEDLE/.exec(last(messages))?.[1]);
        const where = /^(.*?):\d+:NEEDLE/m.exec(last(messages))?.[1];
        return { calls: [['read', { path: where ?? '/nowhere', offset: line, limit: 1 }]] };
      }
      // Only what the log says is done.
      if (step === 4) return bash(`rm ${/NEEDLE-CAUSE (\S+)/.exec(last(messages))?.[1] ?? 'nothing'}`);
      return submit();
    });
    const run = await world.swarm([...RUN, '--gate', 'sh check.sh'], { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(server.seen.steps, 6);
    const told = server.taken
      .at(-1)!
      .filter((m) => m.role === 'tool')
      .map((m) => m.content ?? '');
    assert.match(told[1]!, /not accepted yet: the gate failed[\s\S]*All that it printed/);
    assert.doesNotMatch(told[1]!, /NEEDLE/, 'the digest leaves it out');
    assert.match(told[3]!, /: lines 3001-3001 of 6001\n3001\tNEEDLE-CAUSE bad\.txt/);
    assert.equal((await world.swarm(['verify'])).code, 0);
  });
});
