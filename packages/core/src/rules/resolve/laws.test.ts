/** What holds for every rule, whatever stands in the files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resolveConflict } from './resolve.ts';
import type { Texts } from './texts.ts';

/** Lines that are entries of the file: each rule is tried on what it is made for. */
const FILES: Readonly<Record<string, (n: number) => string>> = {
  '.gitignore': (n) => `build-${n}/`,
  'words.txt': (n) => `word${n}`,
  'CHANGELOG.md': (n) => `- Changed ${n}`,
  'src/index.ts': (n) => `export { f${n} } from './f${n}.ts';`,
  'src/mod.rs': (n) => `pub mod m${n};`,
  '__init__.py': (n) => `from .m${n} import f${n}`,
  'Cargo.toml': (n) => `crate${n} = "1"`,
  'go.mod': (n) => `\tx.org/m${n} v1.0.0`,
  'go.sum': (n) => `x.org/m${n} v1.0.0 h1:${n}=`,
};
const files = fc.constantFrom(...Object.keys(FILES));

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const linesOf = (all: string): string[] => all.split('\n').slice(0, -1);

interface Added extends Texts {
  readonly path: string;
  readonly base: string;
}

/** A base, and two texts that each hold it with entries added anywhere; some entries both add. */
const additions: fc.Arbitrary<Added> = fc
  .record({
    path: files,
    size: fc.nat({ max: 6 }),
    ours: fc.array(fc.tuple(fc.nat({ max: 6 }), fc.integer({ min: 10, max: 20 })), { maxLength: 6 }),
    theirs: fc.array(fc.tuple(fc.nat({ max: 6 }), fc.integer({ min: 16, max: 30 })), { maxLength: 6 }),
  })
  .map(({ path, size, ours, theirs }) => {
    const entry = FILES[path]!;
    const side = (adds: readonly (readonly [number, number])[]): string => {
      const slots = Array.from({ length: size + 1 }, (_, at) => [
        ...new Set(adds.filter(([slot]) => slot % (size + 1) === at).map(([, n]) => entry(n))),
        ...(at < size ? [entry(at)] : []),
      ]);
      return text(slots.flat());
    };
    return { path, base: side([]), ours: side(ours), theirs: side(theirs) };
  });

/** Anything at all, of few different lines, so that sides often agree by chance. */
const anything: fc.Arbitrary<Added> = files.chain((path) => {
  const some = fc
    .array(
      fc.oneof(fc.nat({ max: 4 }).map(FILES[path]!), fc.constantFrom('', '# x', '<<<<<<< a', '!no', '{')),
      { maxLength: 9 },
    )
    .map(text);
  return fc.record({ path: fc.constant(path), base: some, ours: some, theirs: some });
});

const resolve = ({ path, ...texts }: Added): string | undefined => resolveConflict(path, texts)?.text;
const swapped = (it: Added): Added => ({ ...it, ours: it.theirs, theirs: it.ours });
const counts = (all: string): Map<string, number> => {
  const found = new Map<string, number>();
  for (const line of linesOf(all)) found.set(line, (found.get(line) ?? 0) + 1);
  return found;
};

test('where both sides only add entries, every file with a rule for lines is resolved', () => {
  fc.assert(
    fc.property(additions, (it) => {
      assert.notEqual(resolve(it), undefined);
    }),
  );
});

test('no line either side added is lost, and none appears that neither has', () => {
  fc.assert(
    fc.property(additions, (it) => {
      const [ours, theirs, both] = [counts(it.ours), counts(it.theirs), counts(resolve(it) ?? '')];
      for (const side of [ours, theirs])
        for (const line of side.keys()) assert(both.has(line), `${line} is lost`);
      for (const line of both.keys()) assert(ours.has(line) || theirs.has(line), `${line} is invented`);
    }),
  );
});

test('nothing a changelog’s sides added is taken for a duplicate', () => {
  fc.assert(
    fc.property(additions, (it) => {
      const log = { ...it, path: 'CHANGELOG.md' };
      const both = counts(resolve(log)!);
      for (const side of [counts(log.ours), counts(log.theirs)])
        for (const [line, times] of side) assert(both.get(line)! >= times);
    }),
  );
});

test('each side’s own order is kept, but where the file is a sorted set', () => {
  fc.assert(
    fc.property(additions, (it) => {
      fc.pre(it.path !== 'go.sum');
      const merged = linesOf(resolve(it)!);
      let at = 0;
      for (const line of merged) if (line === linesOf(it.ours)[at]) at++;
      assert.equal(at, linesOf(it.ours).length);
    }),
  );
});

test('swapping the sides gives the same lines in another order, or the same conflict', () => {
  const sorted = (all: string | undefined): string[] | undefined =>
    all === undefined ? undefined : [...counts(all).keys()].filter(Boolean).sort();
  fc.assert(
    fc.property(fc.oneof(additions, anything), (it) => {
      assert.deepEqual(sorted(resolve(it)), sorted(resolve(swapped(it))));
    }),
  );
});

test('a side that changed nothing leaves the other as it is', () => {
  fc.assert(
    fc.property(anything, (it) => {
      fc.pre(!/^<<<<<<< /m.test(it.base + it.ours + it.theirs));
      assert.equal(resolve({ ...it, ours: it.base }), it.theirs);
      assert.equal(resolve({ ...it, theirs: it.base }), it.ours);
    }),
  );
});

// Of entries that differ: which of two equal lines is the new one, no text says.
test('resolving again against either side changes nothing', () => {
  fc.assert(
    fc.property(additions, (it) => {
      const once = resolve(it);
      assert.equal(resolve({ ...it, ours: once! }), once);
      assert.equal(resolve({ ...it, ours: once!, theirs: it.ours }), once);
    }),
  );
});

test('a line both sides changed differently is never settled, whatever else they added', () => {
  fc.assert(
    fc.property(additions, fc.nat(), (it, where) => {
      const base = linesOf(it.base);
      fc.pre(base.length > 0);
      const line = base[where % base.length]!;
      const edit = (all: string, n: number): string =>
        text(linesOf(all).map((each) => (each === line ? FILES[it.path]!(n) : each)));
      assert.equal(resolve({ ...it, ours: edit(it.ours, 50), theirs: edit(it.theirs, 51) }), undefined);
    }),
  );
});

test('a line one side deletes and the other changes is never settled', () => {
  fc.assert(
    fc.property(additions, fc.nat(), (it, where) => {
      const base = linesOf(it.base);
      fc.pre(base.length > 0);
      const line = base[where % base.length]!;
      const ours = text(linesOf(it.ours).filter((each) => each !== line));
      const theirs = text(linesOf(it.theirs).map((each) => (each === line ? FILES[it.path]!(50) : each)));
      assert.equal(resolve({ ...it, ours, theirs }), undefined);
    }),
  );
});

test('no result holds a conflict marker', () => {
  fc.assert(
    fc.property(anything, (it) => {
      assert.doesNotMatch(resolve(it) ?? '', /^(?:<<<<<<<|>>>>>>>)/m);
    }),
  );
});

const LONG = 'x'.repeat(1024 * 1024);
const many = (line: (i: number) => string): string =>
  text(Array.from({ length: 100_000 }, (_, i) => line(i)));
const deep = (by: string): string => by.repeat(200_000);
/** Only one line can be told from its twins at a time: each, once found, gives away the next. */
const nested = (side: string): string =>
  text(
    Array.from({ length: 25_000 }, (_, i) => [`${side}${i}`, `l${i + 1}`, `${side}.${i}`, `l${i}`]).flat(),
  );
const HOSTILE: Readonly<Record<string, Texts>> = {
  'lines of a megabyte': { base: `${LONG}\n`, ours: `${LONG}\n${LONG}a\n`, theirs: `${LONG}\n${LONG}b\n` },
  'statements of a megabyte': {
    base: '',
    ours: `export { ${'a, '.repeat(300_000)}b } from 'a';\n`,
    theirs: `export {${' '.repeat(1024 * 1024)}\n`,
  },
  'a hundred thousand lines, all alike': {
    base: many(() => 'a'),
    ours: many((i) => 'ab'[i % 2]!),
    theirs: many(() => 'b'),
  },
  'a hundred thousand lines, none alike': {
    base: many((i) => `a${i}`),
    ours: many((i) => `a${i ^ 1}`),
    theirs: many((i) => `a${99_999 - i}`),
  },
  'gaps within gaps': { base: nested('a'), ours: nested('b'), theirs: nested('c') },
  'a hundred thousand additions each': {
    base: '',
    ours: many((i) => `export { a${i} } from './a${i}';`),
    theirs: many((i) => `export { b${i} } from './b${i}';`),
  },
  'a manifest of a hundred thousand keys': {
    base: '{}',
    ours: `{${many((i) => `"a${i}": 1,`)}"a": 1}`,
    theirs: `{${many((i) => `"b${i}": 1,`)}"b": 1}`,
  },
  'a manifest without a bottom': { base: '{}', ours: `{"a":${deep('[')}`, theirs: `{"a":${deep('{"a":')}` },
  'a manifest with a bottom far down': {
    base: '{}',
    ours: `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
    theirs: `{"b":${'['.repeat(9_000)}1${']'.repeat(9_000)}}`,
  },
  'what is no text at all': { base: '\0', ours: '\u2028\r\r\n\ufeff', theirs: '"\\ud800' },
};

const ONE_OF_EACH = [
  '.gitignore',
  'NEWS',
  'index.ts',
  'mod.rs',
  '__init__.py',
  'Cargo.toml',
  'go.sum',
  'package.json',
];
for (const [what, texts] of Object.entries(HOSTILE)) {
  test(`${what}: no rule throws, and none takes longer than lines do`, () => {
    const before = process.cpuUsage();
    for (const path of ONE_OF_EACH) resolveConflict(path, texts);
    const { user } = process.cpuUsage(before);
    // A quadratic step over a hundred thousand lines takes minutes, all rules together some seconds.
    assert(user < 20_000_000, `${user / 1e6} s`);
  });
}
