import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diffText, editText } from './edit-text.ts';

const FILE = [
  'export function price(net) {',
  '  if (net < 0) {',
  '    throw new Error("negative");',
  '  }',
  '  return Math.round(net * 1.2);   ',
  '}',
  '// it’s “done” – so it is',
  '',
].join('\n');

const edited = (oldText: string, newText: string, text = FILE) =>
  editText(text, [{ oldText, newText }], 'a.ts');
const how = (oldText: string, newText = 'x') => edited(oldText, newText).changes[0]!.how;

describe('a passage', () => {
  test('is found with other space at the ends of lines', () => {
    const { text } = edited('  return Math.round(net * 1.2);\n}', '  return net;\n}');
    assert.match(text, /^ {2}return net;\n}\n\/\/ it/m);
    assert.equal(how('  return Math.round(net * 1.2);\n}'), 'found but for space at the ends of lines');
  });

  test('is found with another indentation, and what replaces it gets the file’s', () => {
    const { text } = edited(
      '    if (net < 0) {\n        throw new Error("negative");\n    }',
      '    if (net < 0) {\n        if (strict) {\n            throw new Error("below zero");\n        }\n    }',
    );
    assert.ok(
      text.includes(
        '\n  if (net < 0) {\n    if (strict) {\n      throw new Error("below zero");\n    }\n  }\n',
      ),
      text,
    );
  });

  test('is found with tabs for spaces', () => {
    const { text } = edited(
      '\tif (net < 0) {\n\t\tthrow new Error("negative");\n\t}',
      '\tif (!net) {\n\t\treturn;\n\t}',
    );
    assert.ok(text.includes('\n  if (!net) {\n    return;\n  }\n'), text);
  });

  test('is found with plain characters for quotes, dashes and spaces', () => {
    assert.match(edited(`// it's "done" - so it is`, '// over').text, /^\/\/ over$/m);
    assert.equal(how(`// it's "done" - so it is`), 'found but for characters that look alike');
  });

  test('is found without the line numbers that were copied along, which reach neither side', () => {
    const { text } = edited('5\t  return Math.round(net * 1.2);\n6\t}', '5\t  return net;\n6\t}');
    assert.match(text, /^ {2}return net;\n}$/m);
    assert.doesNotMatch(text, /\t/);
  });

  test('that is a line of numbers itself is not stripped of them', () => {
    assert.equal(edited('1\tone', '1\tuno', '1\tone\n2\ttwo\n').text, '1\tuno\n2\ttwo\n');
  });

  test('is never guessed: like two places it is refused, and so is what is like none', () => {
    const twice = '  a();\n  b();\n    a();\n    b();\n';
    assert.throws(() => edited('a();\nb();', 'c();', twice), /more than one passage is like it/);
    assert.throws(() => edited('return Math.round(gross);', 'x'), /does not occur in a\.ts; read the file/);
    assert.throws(
      () => edited('if (net < 0) {\n  y();', 'x'),
      /its first line is at line 2, but what follows differs/,
    );
    assert.throws(() => edited('net', 'x'), /occurs 3 times in a\.ts; give more context, or replaceAll/);
    assert.throws(() => edited('', 'x'), /oldText is empty/);
    assert.throws(() => edited('}', '}'), /the same; nothing to do/);
  });

  test('that is exact is taken as it stands, though others are like it', () => {
    const text = '  a();\n  b();\n\na();\nb();\n';
    assert.equal(edited('a();\nb();', 'z();', text).text, '  a();\n  b();\n\nz();\n');
  });

  test('is changed everywhere when that is asked for', () => {
    const all = editText('a b a\na\n', [{ oldText: 'a', newText: 'aa', replaceAll: true }], 'f');
    assert.deepEqual([all.text, all.changes.length], ['aa b aa\naa\n', 3]);
  });

  test('goes with its line end when nothing replaces it', () => {
    assert.equal(edited('  b();  ', '', 'a();\n    b();\nc();\n').text, 'a();\nc();\n');
  });

  test('keeps the line ends of a Windows file, found exactly or not', () => {
    const text = 'one\r\n  two\r\nthree\r\n';
    assert.equal(edited('one\n  two', '1\n  2', text).text, '1\r\n  2\r\nthree\r\n');
    assert.equal(edited('one\n    two', '1\n    2', text).text, '1\r\n  2\r\nthree\r\n');
  });
});

describe('several passages', () => {
  test('are changed one after the other, or none of them, and the one that cannot be is named', () => {
    const both = [
      { oldText: '1.2', newText: '1.3' },
      { oldText: '1.3);', newText: '1.4);' },
    ];
    assert.match(editText(FILE, both, 'a.ts').text, /net \* 1\.4/);
    assert.throws(
      () => editText(FILE, [both[0]!, { oldText: 'gone', newText: 'x' }], 'a.ts'),
      /edits\.1: oldText does not occur/,
    );
  });
});

test('the change is shown as whole lines, so many at most', () => {
  const { changes } = edited('net < 0', 'net <= 0');
  assert.equal(diffText(changes), '@@ line 2 @@\n-  if (net < 0) {\n+  if (net <= 0) {');
  const long = editText('a\n', [{ oldText: 'a', newText: 'b\n'.repeat(500) }], 'f');
  assert.equal(diffText(long.changes, 80).split('\n').length, 81);
});
