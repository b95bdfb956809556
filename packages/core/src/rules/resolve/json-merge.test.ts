import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resolveConflict } from './resolve.ts';

type Value = unknown;
const written = (value: Value): string => `${JSON.stringify(value, null, 2)}\n`;
const merge = (base: Value, ours: Value, theirs: Value, path = 'package.json'): Value => {
  const texts = { base: written(base), ours: written(ours), theirs: written(theirs) };
  const merged = resolveConflict(path, texts)?.text;
  return merged === undefined ? undefined : JSON.parse(merged);
};

test('dependencies both sides added are all there, and sorted where both kept them sorted', () => {
  const base = { name: 'kit', dependencies: { b: '1', y: '1' } };
  const ours = { name: 'kit', dependencies: { b: '1', d: '1', y: '1' } };
  const theirs = { name: 'kit', dependencies: { a: '1', b: '1', c: '1', y: '1' } };
  const merged = merge(base, ours, theirs) as typeof base;
  assert.deepEqual(Object.keys(merged.dependencies), ['a', 'b', 'c', 'd', 'y']);
});

test('a key both add, change or remove alike is one change', () => {
  assert.deepEqual(merge({ a: 1, b: 1, c: 1 }, { a: 2, d: 1, c: 1 }, { a: 2, d: 1, c: 3 }), {
    a: 2,
    d: 1,
    c: 3,
  });
});

test('a new section both sides begin holds what both put there', () => {
  const merged = merge(
    { name: 'a' },
    { name: 'a', scripts: { test: 't' } },
    { name: 'a', scripts: { lint: 'l' } },
  );
  assert.deepEqual(merged, { name: 'a', scripts: { test: 't', lint: 'l' } });
});

test('new keys stand where each side put them, ours first', () => {
  const merged = merge({ a: 1, z: 1 }, { a: 1, o: 1, z: 1 }, { a: 1, t: 1, z: 1, tt: 1 });
  assert.deepEqual(Object.keys(merged as object), ['a', 'o', 't', 'z', 'tt']);
});

const lock = (packages: Value): Value => ({ name: 'kit', lockfileVersion: 3, packages });
const root = (...names: readonly string[]): Value => ({
  name: 'kit',
  dependencies: Object.fromEntries(names.map((name) => [name, '^1'])),
});
const locked = (version: string): Value => ({ version, integrity: `sha512-${version}` });

test('packages both sides locked are all in npm’s lockfile, in its order', () => {
  const merged = merge(
    lock({ '': root('m'), 'node_modules/m': locked('1.0.0') }),
    lock({ '': root('m', 'z'), 'node_modules/m': locked('1.0.0'), 'node_modules/z': locked('1.1.0') }),
    lock({ '': root('a', 'm'), 'node_modules/a': locked('1.2.0'), 'node_modules/m': locked('1.0.0') }),
    'package-lock.json',
  ) as { packages: Record<string, { dependencies?: object }> };
  assert.deepEqual(Object.keys(merged.packages), ['', 'node_modules/a', 'node_modules/m', 'node_modules/z']);
  assert.deepEqual(Object.keys(merged.packages['']!.dependencies!), ['a', 'm', 'z']);
});

test('one package locked in two versions is a conflict', () => {
  const side = (version: string): Value => lock({ '': root('a'), 'node_modules/a': locked(version) });
  assert.equal(merge(lock({ '': root() }), side('1.0.0'), side('1.0.1'), 'package-lock.json'), undefined);
});

const conflicts: Readonly<Record<string, readonly [Value, Value, Value]>> = {
  'the same dependency in two versions': [{ d: { a: '1' } }, { d: { a: '2' } }, { d: { a: '3' } }],
  'the same new dependency in two versions': [{}, { d: { a: '^1' } }, { d: { a: '^2' } }],
  'a key one removes and the other changes': [{ a: { b: 1, c: 1 } }, {}, { a: { b: 2, c: 1 } }],
  'a list both change otherwise than by adding to its end': [
    { files: ['a', 'b'] },
    { files: ['a', 'c'] },
    { files: ['a', 'b', 'd'] },
  ],
  'a list whose order may mean something': [{ steps: ['a'] }, { steps: ['a', 'b'] }, { steps: ['a', 'c'] }],
  'an exception in a list takes back what stands before it': [
    { files: ['a'] },
    { files: ['a', '!a/test'] },
    { files: ['a', 'b'] },
  ],
  'conditions of an export: the first that matches wins': [
    { exports: { '.': { default: 'd' } } },
    { exports: { '.': { import: 'i', default: 'd' } } },
    { exports: { '.': { browser: 'b', default: 'd' } } },
  ],
  'keys the sides put into different orders': [
    { a: 1, b: 1 },
    { a: 1, b: 1, c: 1 },
    { b: 1, a: 1, d: 1 },
  ],
  'a value that is an object here and a list there': [{ a: {} }, { a: { b: 1 } }, { a: [1] }],
};
for (const [what, [base, ours, theirs]] of Object.entries(conflicts)) {
  test(`${what}: it stays a conflict, whichever side landed first`, () => {
    assert.equal(merge(base, ours, theirs), undefined);
    assert.equal(merge(base, theirs, ours), undefined);
  });
}

test('lists that are sets hold what both appended', () => {
  const merged = merge({ files: ['a'] }, { files: ['a', 'b', 'c'] }, { files: ['a', 'c', 'd'] });
  assert.deepEqual(merged, { files: ['a', 'b', 'c', 'd'] });
});

test('entry points both sides add to exports are both there', () => {
  const merged = merge(
    { exports: { '.': 'a' } },
    { exports: { '.': 'a', './o': 'o' } },
    { exports: { '.': 'a', './t': 't' } },
  );
  assert.deepEqual(merged, { exports: { '.': 'a', './o': 'o', './t': 't' } });
});

test('what nobody changed stays as it is written: spaces, numbers, escapes, lists on one line', () => {
  const base = '{\n\t"n": 1.0,\n\t"s": "\\u0041",\n\t"list": [1,  2],\n\t"d": { "a": "1" }\n}';
  const ours = base.replace('{ "a": "1" }', '{ "a": "1", "o": 1 }');
  const theirs = base.replace('{ "a": "1" }', '{ "a": "1", "t": [1,  2] }');
  assert.equal(
    resolveConflict('package.json', { base, ours, theirs })?.text,
    base.replace('{ "a": "1" }', '{\n\t\t"a": "1",\n\t\t"o": 1,\n\t\t"t": [1,  2]\n\t}'),
  );
});

test('what theirs adds in another layout is laid out as ours', () => {
  const base = '{\n  "a": 1\n}\n';
  const theirs = '{\r\n\t"a": 1,\r\n\t"t": {\r\n\t\t"x": []\r\n\t}\r\n}';
  const merged = resolveConflict('composer.json', { base, ours: '{\n  "a": 1,\n  "o": 1\n}\n', theirs });
  assert.equal(merged?.text, '{\n  "a": 1,\n  "o": 1,\n  "t": {\n    "x": []\n  }\n}\n');
});

for (const [what, ours] of Object.entries({
  'a comment': '{"a": 1, // why\n"b": 1}',
  'a trailing comma': '{"b": 1,}',
  'a key given twice': '{"b": 1, "b": 2}',
  'a key given twice, once in escapes': '{"b": 1, "\\u0062": 2}',
  'a byte order mark': '\ufeff{"b": 1}',
  'a list at the top': '[1]',
  nothing: '',
})) {
  test(`${what} in tsconfig.json: it stays a conflict`, () => {
    const texts = { base: '{"a": 1}', ours, theirs: '{"a": 1, "c": 1}' };
    assert.equal(resolveConflict('tsconfig.json', texts), undefined);
  });
}

test('__proto__ and constructor are keys like any other', () => {
  const texts = {
    base: '{"__proto__": {"a": 1}}',
    ours: '{"__proto__": {"a": 1, "o": 1}}',
    theirs: '{"__proto__": {"a": 1, "t": 1}, "constructor": 1}',
  };
  const merged = resolveConflict('package.json', texts)!.text;
  assert.equal(merged.replace(/\s/g, ''), '{"__proto__":{"a":1,"o":1,"t":1},"constructor":1}');
  assert.equal(({} as { o?: number }).o, undefined);
});

const manifest = fc.dictionary(
  fc.constantFrom('a', 'b', 'dependencies', 'files', 'exports', '.', './x', '__proto__'),
  fc.oneof(
    fc.nat({ max: 2 }),
    fc.uniqueArray(fc.constantFrom('x', 'y', '!z'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '.', './x'), fc.nat({ max: 2 }), { maxKeys: 4 }),
  ),
  { maxKeys: 4, noNullPrototype: true },
);
const laid = fc
  .tuple(manifest, fc.constantFrom(0, 2, '\t'))
  .map(([value, by]) => JSON.stringify(value, null, by));
const three = fc.record({ base: laid, ours: laid, theirs: laid });
/** Every value by its path, as text. */
const leaves = (json: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const walk = (value: Value, path: string): void => {
    if (typeof value !== 'object' || value === null) found.set(path, JSON.stringify(value));
    else if (Array.isArray(value)) for (const item of value) found.set(`${path}[${item}]`, '');
    else for (const [key, inner] of Object.entries(value)) walk(inner, `${path}/${key}`);
  };
  walk(JSON.parse(json), '');
  return found;
};

test('a merged manifest holds every value either side added or changed, and no other', () => {
  let merges = 0;
  fc.assert(
    fc.property(three, (texts) => {
      const text = resolveConflict('package.json', texts)?.text;
      if (text === undefined) return;
      merges++;
      const [base, ours, theirs, both] = [texts.base, texts.ours, texts.theirs, text].map(leaves);
      for (const side of [ours!, theirs!])
        for (const [path, value] of side)
          if (base!.get(path) !== value) assert.equal(both!.get(path), value, path);
      for (const [path, value] of both!)
        assert(
          [ours, theirs].some((side) => side!.get(path) === value),
          path,
        );
    }),
    { numRuns: 500 },
  );
  assert(merges > 20, `only ${merges} of 500 were merged`);
});

test('merging a manifest again with either side changes nothing', () => {
  fc.assert(
    fc.property(three, (texts) => {
      const once = resolveConflict('package.json', texts)?.text;
      if (once === undefined) return;
      for (const theirs of [texts.ours, texts.theirs]) {
        const again: string | undefined = resolveConflict('package.json', {
          ...texts,
          ours: once,
          theirs,
        })?.text;
        if (again !== undefined) assert.deepEqual(JSON.parse(again), JSON.parse(once));
      }
    }),
    { numRuns: 500 },
  );
});
