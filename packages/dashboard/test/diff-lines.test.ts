import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type DiffRow, rowsOf, sizeOf } from '../src/page/diff-lines.ts';

const PATCH = `diff --git a/src/a.ts b/src/a.ts
index 111..222 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,3 @@ export
 one
-const limit = 10;
+const limit = 200;
 three
`;

const told = (row: DiffRow): string =>
  'before' in row
    ? `${row.kind} ${row.before ?? ''} ${row.after ?? ''} ${row.text}`
    : `${row.kind} ${row.text}`;

test('a patch is rows: its file, where it is, and each line with its numbers before and after', () => {
  assert.deepEqual(rowsOf(PATCH).map(told), [
    'file src/a.ts',
    'hunk @@ -1,3 +1,3 @@ export',
    'same 1 1 one',
    'out 2  const limit = 10;',
    'in  2 const limit = 200;',
    'same 3 3 three',
  ]);
});

test('of a line that changed the words that did are marked', () => {
  const marks = rowsOf(PATCH).flatMap((row) =>
    'mark' in row && row.mark ? [row.text.slice(...row.mark)] : [],
  );
  assert.deepEqual(marks, ['10', '200']);
});

test('lines that look like the head of a patch are lines, and a new, moved or binary file is told', () => {
  const rows = rowsOf(
    'diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+++ b/y\n+diff --git a/z b/z\n\\ No newline at end of file\ndiff --git a/p b/q\nrename from p\nrename to q\nBinary files differ\n',
  );
  assert.deepEqual(rows.map(told), [
    'file x',
    'note new file mode 100644',
    'hunk @@ -0,0 +1,2 @@',
    'in  1 ++ b/y',
    'in  2 diff --git a/z b/z',
    'note \\ No newline at end of file',
    'file a/p b/q',
    'note rename from p',
    'note rename to q',
    'note Binary files differ',
  ]);
});

test('git counts the same lines, whatever stands in them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-lines-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const line = fc.oneof(
    fc.constantFrom(
      '--- a/x',
      '-- a/x',
      '++ b/x',
      '+++ b/x',
      '@@ -1 +1 @@',
      'diff --git a/x b/x',
      '\\ No newline',
      '',
      '-',
      '+',
      ' ',
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, '')),
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.map((one) => `${one}\n`).join(''));
  const git = (...args: string[]): string => {
    try {
      return execFileSync('git', ['diff', '--no-index', '--text', ...args, 'a', 'b'], {
        cwd: folder,
        encoding: 'utf8',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  fc.assert(
    fc.property(text, text, (before, after) => {
      writeFileSync(join(folder, 'a'), before);
      writeFileSync(join(folder, 'b'), after);
      const [added = '0', removed = '0'] = git('--numstat').split('\t');
      const { added: ours, removed: out } = sizeOf(rowsOf(git()));
      assert.deepEqual([ours, out], [Number(added), Number(removed)]);
    }),
    { numRuns: 60 },
  );
});

test('what is no patch is told as it is, and never in more rows than it has lines', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      assert.ok(rowsOf(text).length <= text.split('\n').length);
    }),
  );
});
