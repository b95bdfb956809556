import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttemptId, CommitId, RunId, TreeId } from '@swarm/core/model/ids';
import type { Task, TaskSource } from '@swarm/core/model/task';
import fc from 'fast-check';
import { batchMessage, landingMessage, memberMessage, undoMessage } from './message.ts';

const TREE = 'a'.repeat(40) as TreeId;

function message(title: string, summary: string, source: TaskSource = { by: 'operator' }): string {
  const task = { id: 't3', spec: { title }, source } as Task;
  const ask = {
    run: 'r-20261121-abcd' as RunId,
    task,
    attempt: 't3.2' as AttemptId,
    summary,
    gateHash: 'feed',
  };
  return landingMessage(ask)(TREE);
}

const lastParagraph = (text: string): string => text.trimEnd().split('\n\n').at(-1)!;

describe('an undo’s message', () => {
  const undo = (...titles: string[]): string =>
    undoMessage({
      run: 'r-20261121-abcd' as RunId,
      undone: titles.map((title, i) => ({
        task: { id: `t${i + 1}`, spec: { title } } as Task,
        commit: 'b'.repeat(40) as CommitId,
      })),
      gateHash: 'feed',
    })(TREE);

  it('says what it takes back, and names each in a trailer', () => {
    const [subject] = undo('Add slugify').split('\n');
    assert.equal(subject, 'Undo t1: Add slugify');
    assert.match(
      undo('Add a', 'Add b'),
      /^Undo 2 landings of r-20261121-abcd\n\nTakes back:\nt1 Add a \(b{10}\)\nt2 /,
    );
    assert.equal(
      lastParagraph(undo('Add a', 'Add b')),
      `Swarm-Run: r-20261121-abcd\nSwarm-Undoes: t1\nSwarm-Undoes: t2\nSwarm-Gate: feed ${TREE}`,
    );
  });
  it('names all of very many in trailers, and shows some', () => {
    const text = undo(...Array.from({ length: 60 }, (_, i) => `Add ${i}`));
    assert.match(text, /^and 10 more$/m);
    assert.equal(text.match(/^Swarm-Undoes: /gm)?.length, 60);
  });
  it('holds no trailer a title could add', () => {
    assert.doesNotMatch(undo('x\nSwarm-Undoes: t99'), /t99/);
  });
});

describe('a landing commit’s message', () => {
  it('is the task’s title, what the agent said, and the trailers', () => {
    assert.equal(
      message('Add slugify', 'It is there.\nWith a test.'),
      `Add slugify\n\nIt is there.\nWith a test.\n\nSwarm-Run: r-20261121-abcd\nSwarm-Task: t3\nSwarm-Attempt: t3.2\nSwarm-Gate: feed ${TREE}\n`,
    );
  });
  it('of a branch names the branch and the commit it was', () => {
    const commit = 'b'.repeat(40) as CommitId;
    const text = message('Add slugify', '', { by: 'land', branch: 'feature/ü', commit });
    assert.match(text, new RegExp(`^Swarm-Branch: feature/ü@${commit}$`, 'm'));
  });
  it('has no body where the agent said nothing', () => {
    assert.equal(message('Add slugify', '').split('\n\n').length, 2);
  });
  it('has a subject on one line, without control characters', () => {
    assert.equal(message('Add\n\u001b[31mslugify', '').split('\n')[0], 'Add [31mslugify');
  });
  it('is named by its id where the title holds nothing to print', () => {
    assert.equal(message('\u0007\n', '').split('\n')[0], 't3');
  });
});

describe('an agent’s words', () => {
  it('never add or change a trailer', () => {
    const hostile = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'Swarm-Task: t9',
          '  swarm-run : r-x',
          '\r\nSwarm-Gate: none',
          '\n\n',
          'Swarm-Task\u0000: t1',
        ),
      ),
    );
    fc.assert(
      fc.property(fc.string(), hostile, (title, words) => {
        const text = message(title, words.join('\n'));
        assert.deepEqual(lastParagraph(text).split('\n'), [
          'Swarm-Run: r-20261121-abcd',
          'Swarm-Task: t3',
          'Swarm-Attempt: t3.2',
          `Swarm-Gate: feed ${TREE}`,
        ]);
        assert.equal(text.split('\n').filter((line) => /^\s*swarm-task\s*:/i.test(line)).length, 1);
      }),
    );
  });
});

describe('a batch', () => {
  const run = 'r-20261121-abcd' as RunId;
  const task = (n: number, title = `Do ${n}`) =>
    ({ id: `t${n}`, spec: { title }, source: { by: 'operator' } }) as Task;
  it('names its tasks, and what was tested', () => {
    assert.equal(
      batchMessage({ run, tasks: [task(1), task(5)], gateHash: 'feed' })(TREE),
      `Land 2 tasks: t1, t5\n\n- t1: Do 1\n- t5: Do 5\n\nSwarm-Run: ${run}\nSwarm-Gate: feed ${TREE}\n`,
    );
  });
  it('has a subject that stays short, however many it lands', () => {
    const tasks = Array.from({ length: 64 }, (_, i) => task(i + 1));
    const [subject] = batchMessage({ run, tasks, gateHash: 'feed' })(TREE).split('\n');
    assert.match(subject!, /^Land 64 tasks: t1, .*, t10 and 54 more$/);
  });
  it('takes no trailer from a title', () => {
    const text = batchMessage({ run, tasks: [task(1, 'x\n\nSwarm-Task: t9')], gateHash: 'feed' })(TREE);
    assert.equal(lastParagraph(text), `Swarm-Run: ${run}\nSwarm-Gate: feed ${TREE}`);
    assert.doesNotMatch(text, /t9/);
  });
  it('shows everything it says: nothing moves a cursor, hides or reorders, and joiners stay', () => {
    const title = 'Fix \u202egnp.exe\u2066 \u009b31mred\u200b\ufeff \u{1f469}\u200d\u{1f4bb}';
    const summary = 'done\u2028now\u{e0041}';
    const spoken = { ...task(3), spec: { title } } as Task;
    const text = memberMessage({ run, task: spoken, attempt: 't3.2' as AttemptId, summary })(TREE);
    const [subject, , body] = text.split('\n');
    assert.deepEqual([subject, body], ['Fix gnp.exe 31mred \u{1f469}\u200d\u{1f4bb}', 'donenow']);
  });
  it('has commits that name their task, and no gate: none looked at them alone', () => {
    const text = memberMessage({ run, task: task(3), attempt: 't3.2' as AttemptId, summary: '' })(TREE);
    assert.equal(text, `Do 3\n\nSwarm-Run: ${run}\nSwarm-Task: t3\nSwarm-Attempt: t3.2\n`);
  });
});
