import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createThoughtFilter } from './thinking.ts';

/** The pieces that are shown of a text that comes in pieces of `size`. */
function shown(text: string, size = 7): string[] {
  const pieces: string[] = [];
  const filter = createThoughtFilter((piece) => pieces.push(piece));
  for (let at = 0; at < text.length; at += size) filter.push(text.slice(at, at + size));
  filter.end();
  return pieces;
}

const PLAN = '{"tasks":[{"title":"Real"}]}';
const DRAFT = 'Maybe {"tasks":[{"title":"Draft"}]}? Too vague.';

describe('thinking that stands in the text', () => {
  const rows: [string, string, string][] = [
    ['is left out before the answer', `<think>\n${DRAFT}\n</think>\n\n${PLAN}`, PLAN],
    ['is left out under its longer name', `<thinking>${DRAFT}</thinking>${PLAN}`, PLAN],
    ['is left out where the template opened it', `${DRAFT}\n</think>\n\n${PLAN}`, PLAN],
    ['is left out where the answer follows its end at once', `${DRAFT}</think>${PLAN}`, PLAN],
    ['is left out twice', `<think>a</think>\n<think>b</think>${PLAN}`, PLAN],
    ['is left out after a beginning', `Here:\n<think>\n${DRAFT}\n</think>${PLAN}`, PLAN],
    [
      'is left out between two lines of the answer',
      `${PLAN}\n<think>${DRAFT}</think>\nDone`,
      `${PLAN}\nDone`,
    ],
    ['is left out where it was never closed', `<think>${DRAFT}`, ''],
    ['is left out where nothing follows it', `${DRAFT}\n</think>\n`, ''],
    ['in capitals is the same', `<THINK>${DRAFT}</THINK>${PLAN}`, PLAN],
  ];
  for (const [what, text, left] of rows)
    it(what, () => {
      for (const size of [1, 2, 3, 7, 1000])
        assert.equal(shown(text, size).join(''), left, `pieces of ${size}`);
    });
});

describe('text that only speaks of thinking', () => {
  const rows: [string, string][] = [
    ['in a task’s title', '{"tasks":[{"title":"Strip </think> tags"},{"title":"Strip <think> tags"}]}'],
    ['in prose', 'The tags <think> and </think> are stripped by the reader.'],
    ['in a plan after prose', `Here is the plan:\n{"tasks":[{"title":"Strip </think> tags"}]}`],
    ['as a comparison', '<thin is not a tag'],
    ['as white space around nothing', 'a  '],
  ];
  for (const [where, text] of rows)
    it(`stays, ${where}`, () => {
      for (const size of [1, 2, 3, 7, 1000])
        assert.equal(shown(text, size).join(''), text, `pieces of ${size}`);
    });
});

describe('a text as it is shown', () => {
  it('comes piece by piece where it opens as an answer', () => {
    assert.deepEqual(shown('{"a":1}', 3), ['{"a', '":1', '}']);
    assert.equal(shown('```json\n{"a":1}\n```', 4).length > 3, true);
  });

  it('comes piece by piece after thinking that was opened and closed', () => {
    assert.equal(shown('<think>a</think>Here it is: {"a":1}', 5).length > 3, true);
  });

  it('is held back where it opens with prose, since that may be thinking', () => {
    assert.deepEqual(shown('Here it is: {"a":1}', 4), ['Here it is: {"a":1}']);
  });
});
