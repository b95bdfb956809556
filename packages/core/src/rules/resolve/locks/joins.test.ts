/** Lockfiles as the managers write them; that they take what comes out is tried with them, by `pnpm locks`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resolveConflict } from '../resolve.ts';
import type { Texts } from '../texts.ts';

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
const manifest = (dependencies: object, more: object = {}): string =>
  json({ name: 'kit', dependencies, ...more });

/** Manifests of each side, where the lockfile is to be held against them. */
interface Manifests {
  readonly ours: string;
  readonly theirs: string;
  readonly merged: string;
}
function join(path: string, texts: Texts, manifests?: Manifests): string | undefined {
  const file = path === 'Cargo.lock' ? 'Cargo.toml' : 'package.json';
  const at = (text: string) => new Map([[file, text]]);
  const around = manifests && {
    ours: at(manifests.ours),
    theirs: at(manifests.theirs),
    merged: at(manifests.merged),
  };
  return resolveConflict(path, texts, around)?.text;
}

// ───────────── npm ─────────────

interface Node {
  readonly version: string;
  readonly [field: string]: unknown;
}
const npm = (dependencies: object, nodes: Readonly<Record<string, Node>>, more: object = {}): string =>
  json({
    name: 'kit',
    lockfileVersion: 3,
    packages: {
      '': { name: 'kit', dependencies, ...more },
      ...Object.fromEntries(Object.entries(nodes).map(([name, node]) => [`node_modules/${name}`, node])),
    },
  });
const joinNpm = (base: string, ours: string, theirs: string, manifests?: Manifests) =>
  join('package-lock.json', { base, ours, theirs }, manifests);
const A = { a: { version: '1.0.0' } };
const needsA = (range: string): Node => ({ version: '1.0.0', dependencies: { a: range } });

test('npm: what both sides added is there, in npm’s order', () => {
  const joined = joinNpm(
    npm({ a: '1' }, A),
    npm({ a: '1', z: '1' }, { ...A, z: { version: '1.0.0' } }),
    npm({ a: '1', b: '1' }, { ...A, b: needsA('^1.0.0') }),
  );
  assert.equal(
    joined,
    npm({ a: '1', b: '1', z: '1' }, { ...A, b: needsA('^1.0.0'), z: { version: '1.0.0' } }),
  );
});
test('npm: a package one side moved, within the range the other’s new package has for it', () => {
  const [moved, added] = [
    npm({ a: '1.2.0' }, { a: { version: '1.2.0' } }),
    npm({ a: '1', b: '1' }, { ...A, b: needsA('^1.0.0') }),
  ];
  const base = npm({ a: '1' }, A);
  assert.match(joinNpm(base, moved, added.replace('"a": "1"', '"a": "1"'))!, /"version": "1\.2\.0"/);
});
for (const range of ['1.0.0', '~1.0.0', 'latest', 'github:o/a', '^1.0.0-rc.1'])
  test(`npm: a package one side moved, which the other’s new package wants as ${range}: given back`, () => {
    const moved = npm({ a: '1.2.0' }, { a: { version: '1.2.0' } });
    assert.equal(
      joinNpm(npm({ a: '1' }, A), moved, npm({ a: '1', b: '1' }, { ...A, b: needsA(range) })),
      undefined,
    );
  });
test('npm: what one side needs no more and the other came to need stays', () => {
  const [base, ours] = [npm({ p: '1' }, { ...A, p: needsA('^1.0.0') }), npm({}, {})];
  const theirs = npm({ b: '1', p: '1' }, { ...A, b: needsA('^1.0.0'), p: needsA('^1.0.0') });
  assert.equal(joinNpm(base, ours, theirs), npm({ b: '1' }, { ...A, b: needsA('^1.0.0') }));
});
test('npm: what neither needs any more goes, though each needed it still', () => {
  const node = (version: string, needs: object = {}): Node => ({ version, dependencies: needs });
  const lock = (p: string, q: string) =>
    npm(
      { p, q },
      { ...A, p: node(p, p === '1.0.0' ? { a: '1' } : {}), q: node(q, q === '1.0.0' ? { a: '1' } : {}) },
    );
  const joined = joinNpm(lock('1.0.0', '1.0.0'), lock('2.0.0', '1.0.0'), lock('1.0.0', '2.0.0'));
  assert.deepEqual(Object.keys(JSON.parse(joined!).packages), ['', 'node_modules/p', 'node_modules/q']);
});
test('npm: a package for development that is needed for more now: given back', () => {
  const dev = { a: { version: '1.0.0', dev: true } };
  const base = npm({ p: '1' }, { ...A, p: needsA('1') });
  const ours = npm({}, dev, { devDependencies: { a: '1' } });
  const theirs = npm({ b: '1', p: '1' }, { ...A, b: needsA('1'), p: needsA('1') });
  assert.equal(joinNpm(base, ours, theirs), undefined);
});
test('npm: a lockfile that says something else than its manifest, or was made under another rule: given back', () => {
  const [base, ours, theirs] = [
    npm({ a: '1' }, A),
    npm({ a: '1', z: '1' }, { ...A, z: { version: '1.0.0' } }),
    npm({ a: '1', b: '1' }, { ...A, b: needsA('1') }),
  ];
  const merged = { a: '1', b: '1', z: '1' };
  const right = { ours: manifest({}), theirs: manifest({}), merged: manifest(merged) };
  assert.notEqual(joinNpm(base, ours, theirs, right), undefined);
  assert.equal(joinNpm(base, ours, theirs, { ...right, merged: manifest({ ...merged, z: '2' }) }), undefined);
  const rule = manifest({}, { overrides: { a: '2' } });
  assert.equal(joinNpm(base, ours, theirs, { ...right, ours: rule }), undefined);
});
test('npm: a lockfile of npm 6 is given back', () => {
  const old = (name: string) =>
    json({ name: 'kit', lockfileVersion: 1, dependencies: { [name]: { version: '1.0.0' } } });
  assert.equal(joinNpm(old('a'), old('b'), old('c')), undefined);
});

// ───────────── pnpm ─────────────

interface Pnpm {
  readonly asks: Readonly<Record<string, string>>;
  /** Snapshots, and what each needs. */
  readonly has: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly settings?: string;
}
const key = (name: string): string => (name.startsWith('@') ? `'${name}'` : name);
const rows = (list: Readonly<Record<string, string>>, indent: string): string =>
  Object.entries(list)
    .map(([name, version]) => `${indent}${key(name)}: ${version}\n`)
    .join('');
const pnpm = ({ asks, has, settings = 'true' }: Pnpm): string =>
  [
    `lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: ${settings}\n\nimporters:\n\n  .:\n    dependencies:\n`,
    ...Object.entries(asks).map(
      ([name, v]) => `      ${key(name)}:\n        specifier: ${v}\n        version: ${v}\n`,
    ),
    '\npackages:\n',
    ...[...new Set(Object.keys(has).map((id) => id.replace(/\(.*/, '')))].map(
      (id) => `\n  ${key(id)}:\n    resolution: {integrity: sha512-${id}==}\n`,
    ),
    '\nsnapshots:\n',
    ...Object.entries(has).map(([id, needs]) =>
      Object.keys(needs).length === 0
        ? `\n  ${key(id)}: {}\n`
        : `\n  ${key(id)}:\n    dependencies:\n${rows(needs, '      ')}`,
    ),
  ].join('');
const joinPnpm = (base: Pnpm, ours: Pnpm, theirs: Pnpm) =>
  join('pnpm-lock.yaml', { base: pnpm(base), ours: pnpm(ours), theirs: pnpm(theirs) });
const MS: Pnpm = { asks: { ms: '2.1.2' }, has: { 'ms@2.1.2': {} } };
const DEBUG = { 'debug@4.3.4': { ms: '2.1.2' } };

test('pnpm: a version one side left is there for what the other added, beside the new one', () => {
  const ours = { asks: { ms: '2.1.3' }, has: { 'ms@2.1.3': {} } };
  const theirs = { asks: { debug: '4.3.4', ms: '2.1.2' }, has: { ...DEBUG, ...MS.has } };
  const both = { asks: { debug: '4.3.4', ms: '2.1.3' }, has: { ...DEBUG, 'ms@2.1.2': {}, 'ms@2.1.3': {} } };
  assert.equal(joinPnpm(MS, ours, theirs), pnpm(both));
  assert.equal(joinPnpm(MS, theirs, ours), pnpm(both));
});
test('pnpm: names with a scope are told from others, quotes or not', () => {
  const ours = { asks: { ms: '2.1.2', z: '1.0.0' }, has: { ...MS.has, 'z@1.0.0': {} } };
  const theirs = { asks: { '@x/y': '1.0.0', ms: '2.1.2' }, has: { '@x/y@1.0.0': {}, ...MS.has } };
  const both = { asks: { ...theirs.asks, z: '1.0.0' }, has: { ...theirs.has, 'z@1.0.0': {} } };
  assert.equal(joinPnpm(MS, ours, theirs), pnpm(both));
});
test('pnpm: a peer the other side moved: given back', () => {
  const base = { asks: { react: '18.2.0' }, has: { 'react@18.2.0': {} } };
  const ours = { asks: { react: '18.3.1' }, has: { 'react@18.3.1': {} } };
  const dom = { 'react-dom@18.2.0(react@18.2.0)': { react: '18.2.0' } };
  const theirs = {
    asks: { react: '18.2.0', 'react-dom': '18.2.0(react@18.2.0)' },
    has: { 'react@18.2.0': {}, ...dom },
  };
  assert.equal(joinPnpm(base, ours, theirs), undefined);
});
test('pnpm: one dependency in two versions, or lockfiles of different settings: given back', () => {
  const at = (version: string): Pnpm => ({ asks: { a: version }, has: { [`a@${version}`]: {} } });
  assert.equal(joinPnpm(MS, at('1.0.0'), at('1.0.1')), undefined);
  const added = { asks: { debug: '4.3.4', ms: '2.1.2' }, has: { ...DEBUG, ...MS.has } };
  assert.equal(joinPnpm(MS, { ...MS, asks: { ms: '2.1.2' }, settings: 'false' }, added), undefined);
});
test('pnpm: one version of a package with two contents: given back', () => {
  const added = (needs: string) => ({
    asks: { b: '1.0.0', ms: '2.1.2' },
    has: { 'b@1.0.0': { ms: needs }, ...MS.has },
  });
  const other = { asks: { b: '1.0.0', ms: '2.1.2' }, has: { 'b@1.0.0': {}, ...MS.has } };
  assert.equal(joinPnpm(MS, added('2.1.2'), other), undefined);
});

// ───────────── yarn ─────────────

/** By heading: version and needs. */
type Yarn = Readonly<Record<string, readonly [version: string, needs?: Readonly<Record<string, string>>]>>;
const yarn = (entries: Yarn): string => {
  const name = (ranges: string): string => ranges.replace(/^"?(.[^@]*)@.*$/, '$1');
  const blocks = Object.entries(entries).map(([ranges, [version, needs]]) => {
    const list = Object.entries(needs ?? {}).map(([need, range]) => `    ${need} "${range}"\n`);
    const body = list.length > 0 ? `  dependencies:\n${list.join('')}` : '';
    return `\n${ranges}:\n  version "${version}"\n  resolved "https://r.example/${name(ranges)}-${version}.tgz#0"\n${body}`;
  });
  return `# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n${blocks.join('')}`;
};
const joinYarn = (base: Yarn, ours: Yarn, theirs: Yarn, merged: object) =>
  join(
    'yarn.lock',
    { base: yarn(base), ours: yarn(ours), theirs: yarn(theirs) },
    { ours: manifest({}), theirs: manifest({}), merged: manifest(merged) },
  );

test('yarn: ranges that are answered alike share a heading, in yarn’s order', () => {
  const base: Yarn = { 'm@^1.0.0': ['1.0.0'] };
  const ours: Yarn = { 'm@^1.0.0': ['1.0.0'], 'z@^1.0.0': ['1.0.0', { m: '^1.0.0' }] };
  const theirs: Yarn = { '"@a/b@^1.0.0"': ['1.0.0', { m: '~1.0.0' }], 'm@^1.0.0, m@~1.0.0': ['1.0.0'] };
  const all: Yarn = { ...theirs, 'z@^1.0.0': ['1.0.0', { m: '^1.0.0' }] };
  const wants = { '@a/b': '^1.0.0', m: '^1.0.0', z: '^1.0.0' };
  assert.equal(joinYarn(base, ours, theirs, wants), yarn(all));
});
test('yarn: what one side left and the other came to need stays; what nobody asks for goes', () => {
  const base: Yarn = { 'm@^1.0.0': ['1.0.0'], 'p@1.0.0': ['1.0.0', { m: '^1.0.0' }] };
  const theirs: Yarn = { ...base, 'q@1.0.0': ['1.0.0', { m: '^1.0.0' }] };
  const all: Yarn = { 'm@^1.0.0': ['1.0.0'], 'q@1.0.0': ['1.0.0', { m: '^1.0.0' }] };
  assert.equal(joinYarn(base, {}, theirs, { q: '1.0.0' }), yarn(all));
});
test('yarn: a range answered twice, asked for without an answer, or nobody knows by whom: given back', () => {
  const [base, one]: Yarn[] = [{ 'a@^1.0.0': ['1.0.0'] }, { 'a@^1.0.0': ['1.1.0'] }];
  assert.equal(joinYarn(base!, one!, { 'a@^1.0.0': ['1.2.0'] }, { a: '^1.0.0' }), undefined);
  assert.equal(
    joinYarn(base!, { ...base, 'b@1': ['1.0.0'] }, { ...base, 'c@1': ['1.0.0'] }, { a: '^2' }),
    undefined,
  );
  const texts = {
    base: yarn(base!),
    ours: yarn({ ...base, 'b@1': ['1.0.0'] }),
    theirs: yarn({ ...base, 'c@1': ['1.0.0'] }),
  };
  assert.equal(resolveConflict('yarn.lock', texts), undefined);
});
test('yarn: a lockfile of yarn 2 or later is given back', () => {
  const berry = (name: string) => `__metadata:\n  version: 8\n\n"${name}@npm:1":\n  version: 1.0.0\n`;
  const merged = manifest({});
  const around = { ours: merged, theirs: merged, merged };
  assert.equal(
    join('yarn.lock', { base: berry('a'), ours: berry('b'), theirs: berry('c') }, around),
    undefined,
  );
});

// ───────────── cargo ─────────────

const SOURCE = 'registry+https://github.com/rust-lang/crates.io-index';
type Crates = Readonly<Record<string, readonly string[]>>;
/** `kit` is the project's own; the rest is from the registry. */
const cargo = (crates: Crates): string => {
  const blocks = Object.entries(crates).map(([id, needs]) => {
    const [name, version] = id.split(' ');
    const from = name === 'kit' ? '' : `source = "${SOURCE}"\nchecksum = "${id}"\n`;
    const list =
      needs.length > 0 ? `dependencies = [\n${needs.map((need) => ` "${need}",\n`).join('')}]\n` : '';
    return `[[package]]\nname = "${name}"\nversion = "${version}"\n${from}${list}`;
  });
  return `# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n\n${blocks.join('\n')}`;
};
const joinCargo = (base: Crates, ours: Crates, theirs: Crates) =>
  join('Cargo.lock', { base: cargo(base), ours: cargo(ours), theirs: cargo(theirs) });

test('cargo: crates both sides locked are all there, and a name that became two is told with its version', () => {
  const base: Crates = { 'kit 0.1.0': ['log'], 'log 1.0.0': [] };
  const ours: Crates = { 'kit 0.1.0': ['log', 'serde'], 'log 1.0.0': [], 'serde 1.0.0': ['log'] };
  const theirs: Crates = {
    'bar 1.0.0': ['log 2.0.0'],
    'kit 0.1.0': ['bar', 'log 1.0.0'],
    'log 1.0.0': [],
    'log 2.0.0': [],
  };
  const all: Crates = {
    'bar 1.0.0': ['log 2.0.0'],
    'kit 0.1.0': ['bar', 'log 1.0.0', 'serde'],
    'log 1.0.0': [],
    'log 2.0.0': [],
    'serde 1.0.0': ['log 1.0.0'],
  };
  assert.equal(joinCargo(base, ours, theirs), cargo(all));
  assert.equal(joinCargo(base, theirs, ours), cargo(all));
});
test('cargo: one crate in two versions that are compatible: given back', () => {
  const base: Crates = { 'kit 0.1.0': ['log'], 'log 1.0.0': [] };
  const ours: Crates = { 'kit 0.1.0': ['log'], 'log 1.0.1': [] };
  const theirs: Crates = { 'bar 1.0.0': ['log'], 'kit 0.1.0': ['bar', 'log'], 'log 1.0.0': [] };
  assert.equal(joinCargo(base, ours, theirs), undefined);
});
test('cargo: a dependency that a crate has no more on one side, for a feature went: given back', () => {
  const base: Crates = { 'bar 1.0.0': ['log'], 'kit 0.1.0': ['bar'], 'log 1.0.0': [] };
  const ours: Crates = { 'bar 1.0.0': [], 'kit 0.1.0': ['bar'] };
  const theirs: Crates = { ...base, 'kit 0.1.0': ['bar', 'zip'], 'zip 1.0.0': ['bar'] };
  assert.equal(joinCargo(base, ours, theirs), undefined);
});
test('cargo: a dependency one side dropped while the other moved it to another version: given back', () => {
  const base: Crates = { 'bar 1.0.0': ['log'], 'kit 0.1.0': ['bar', 'log'], 'log 1.0.0': [] };
  const ours: Crates = { ...base, 'kit 0.1.0': ['bar'] };
  const theirs: Crates = { 'bar 1.0.0': ['log'], 'kit 0.1.0': ['bar', 'log'], 'log 1.0.1': [] };
  assert.equal(joinCargo(base, ours, theirs), undefined);
  assert.equal(joinCargo(base, theirs, ours), undefined);
});
test('cargo: a patch that only one side was resolved with, or what is not known here: given back', () => {
  const base: Crates = { 'kit 0.1.0': [] };
  const [ours, theirs]: Crates[] = [
    { 'a 1.0.0': [], 'kit 0.1.0': ['a'] },
    { 'b 1.0.0': [], 'kit 0.1.0': ['b'] },
  ];
  const texts = { base: cargo(base), ours: cargo(ours!), theirs: cargo(theirs!) };
  const [plain, patched] = [
    '[package]\nname = "kit"\n',
    '[package]\nname = "kit"\n[patch.crates-io]\na = { path = "a" }\n',
  ];
  assert.notEqual(join('Cargo.lock', texts, { ours: plain, theirs: plain, merged: plain }), undefined);
  assert.equal(join('Cargo.lock', texts, { ours: patched, theirs: plain, merged: patched }), undefined);
  assert.equal(
    join('Cargo.lock', { ...texts, ours: `${texts.ours}\n[[patch.unused]]\nname = "x"\n` }),
    undefined,
  );
});

// ───────────── all of them ─────────────

const project = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '1.0.0']));
const LOCKS: Readonly<Record<string, (names: readonly string[]) => string>> = {
  'package-lock.json': (names) =>
    npm(project(names), Object.fromEntries(names.map((n) => [n, { version: '1.0.0' }]))),
  'pnpm-lock.yaml': (names) =>
    pnpm({ asks: project(names), has: Object.fromEntries(names.map((n) => [`${n}@1.0.0`, {}])) }),
  'yarn.lock': (names) => yarn(Object.fromEntries(names.map((n) => [`${n}@1.0.0`, ['1.0.0']]))),
  'Cargo.lock': (names) => {
    const own = names.filter((name) => name !== 'kit');
    return cargo(
      Object.fromEntries(
        [...own.map((n) => [`${n} 1.0.0`, []] as const), ['kit 0.1.0', own] as const].sort(),
      ),
    );
  },
};
const name = fc.stringMatching(/^[a-z]{2,3}$/).filter((word) => word !== 'kit');
const names = fc.uniqueArray(name, { maxLength: 6 });
const some = fc.uniqueArray(name, { minLength: 1, maxLength: 6 });
const sorted = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();
for (const [path, lock] of Object.entries(LOCKS)) {
  test(`${path}: the join is what locking both gives, and joining again changes nothing`, () => {
    fc.assert(
      fc.property(some, names, names, (common, more, others) => {
        const all = sorted(common, more, others);
        const [base, ours, theirs] = [sorted(common), sorted(common, more), sorted(common, others)].map(lock);
        const merged = manifest(project(all));
        const around = { ours: merged, theirs: merged, merged };
        const joined = join(path, { base: base!, ours: ours!, theirs: theirs! }, around);
        assert.equal(joined, lock(all));
        assert.equal(join(path, { base: base!, ours: joined!, theirs: theirs! }, around), joined);
        assert.equal(join(path, { base: base!, ours: ours!, theirs: joined! }, around), joined);
      }),
    );
  });
}
