import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { createOutput, jsonText, type Sink, sanitize, sanitizeLine, wrapText } from './output.ts';
import { renderTable } from './table.ts';

class Page extends EventEmitter implements Sink {
  readonly isTTY: boolean;
  text = '';
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

const made = (isTTY: boolean, env: Record<string, string> = {}, isColourWanted = true) => {
  const [stdout, stderr] = [new Page(isTTY), new Page(isTTY)];
  return { stdout, stderr, output: createOutput({ stdout, stderr, env, isColourWanted }) };
};

test('results go to stdout and narration to stderr', () => {
  const { stdout, stderr, output } = made(false);
  output.result('answer');
  output.narrate('on the way');
  assert.deepEqual([stdout.text, stderr.text], ['answer\n', 'on the way\n']);
});

const colours: [string, boolean, Record<string, string>, boolean, boolean][] = [
  ['on a terminal', true, {}, true, true],
  ['into a pipe', false, {}, true, false],
  ['with NO_COLOR', true, { NO_COLOR: '1' }, true, false],
  ['with --no-color', true, {}, false, false],
  ['on a dumb terminal', true, { TERM: 'dumb' }, true, false],
];
for (const [name, isTTY, env, isWanted, isColoured] of colours) {
  test(`${name} there is ${isColoured ? '' : 'no '}colour`, () => {
    assert.equal(made(isTTY, env, isWanted).output.ink.red('x') !== 'x', isColoured);
  });
}

test('a reader that went away ends the writing, and any other error of the stream is thrown', () => {
  const { stdout, output } = made(false);
  stdout.emit('error', Object.assign(new Error('gone'), { code: 'EPIPE' }));
  output.result('more');
  assert.deepEqual([stdout.text, output.closed.aborted], ['', true]);
  assert.throws(() => stdout.emit('error', Object.assign(new Error('disk'), { code: 'EIO' })), /disk/);
});

test('whatever could move the cursor, hide or reorder text is shown instead of obeyed', () => {
  const rows: [string, string][] = [
    ['\u001b]52;c;ZXZpbA==\u0007', '\\u{1b}]52;c;ZXZpbA==\\u{7}'],
    ['\u001b[1;31mred\u001b[0m \u001b[2K\u001b[10;3Hmoved', 'red moved'],
    ['a\rb', 'a\\u{d}b'],
    ['\u009b31m', '\\u{9b}31m'],
    ['user\u202egnp.exe', 'user\\u{202e}gnp.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['👩\u200d💻 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥', '👩💻 👩🏽🚀 ❤\ufe0f🔥'],
    ['a\u200db', 'a\\u{200d}b'],
    ['\u{e0041}', '\\u{e0041}'],
    ['plain “text”, über 日本\n\tkept', 'plain “text”, über 日本\n\tkept'],
  ];
  for (const [hostile, shown] of rows) assert.equal(sanitize(hostile), shown);
});

test('one line stays one line, cut with an ellipsis', () => {
  assert.equal(sanitizeLine('a\n  b\tc'), 'a b c');
  assert.equal(sanitizeLine('x'.repeat(300), 10), `${'x'.repeat(9)}…`);
});

test('a table is as wide as its widest cells and has no trailing blanks', () => {
  assert.equal(
    renderTable(
      ['task', 'state'],
      [
        ['t1', 'landed'],
        ['t12', 'x'],
      ],
    ),
    'task  state\nt1    landed\nt12   x',
  );
});

test('prose is broken at blanks to the terminal’s width, and left alone where there is none', () => {
  const text = 'delivered 9374e61188 to refs/heads/swarm/r-20261121-kjms at last';
  assert.equal(wrapText(text, undefined, 4), text);
  const pairs = 'ab cd ef gh ij kl mn op qr';
  assert.equal(wrapText(pairs, 23, 0), 'ab cd ef gh ij kl mn op\nqr');
  assert.equal(wrapText(pairs, 22, 0), 'ab cd ef gh ij kl mn\nop qr');
  assert.equal(
    wrapText(text, 34, 4),
    'delivered 9374e61188 to\nrefs/heads/swarm/r-20261121-kjms\n    at last',
    'a name longer than a line stays whole, so that it can be copied, and begins where it has most room',
  );
  assert.equal(wrapText('t2 買い物かごの合計を計算する。', 24, 4), 't2 買い物かごの合計\n    を計算する。');
  assert.equal(
    wrapText('t2 買い物かごの合計を計算。済', 30, 6),
    't2 買い物かごの合計を計\n      算。済',
    'what ends a phrase begins no line',
  );
});

test('JSON says the same and moves nothing on a screen: what is unseen is written as an escape', () => {
  const value = { title: 'a\u009b31m \u202e \u{e0041}\u2028 é', list: ['\u001b[2J'] };
  const text = jsonText(value);
  assert.deepEqual(JSON.parse(text), value);
  assert.match(text, /^[\x20-\x7eé]+$/);
});
