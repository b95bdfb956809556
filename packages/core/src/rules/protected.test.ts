import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TaskSource } from '../model/task.ts';
import { gateParts } from './gate-command.ts';
import { type ProtectedAsk, protectedChanges } from './protected.ts';

const PLANNER = { by: 'planner', label: 'a', iteration: 1 } as TaskSource;
const PLAN = { by: 'plan', label: 'a' } as TaskSource;
const LAND = { by: 'land', branch: 'b', commit: 'c' } as TaskSource;

const held = (more: Partial<ProtectedAsk>): readonly string[] =>
  protectedChanges({
    paths: [],
    scope: [],
    source: PLANNER,
    gate: 'npm test',
    protect: [],
    manifests: [],
    ...more,
  }).map((h) => `${h.path}: ${h.why}`);

const manifest = (scripts: Record<string, string>, more = {}): string => JSON.stringify({ scripts, ...more });
const scripts = (
  before: Record<string, string>,
  after: Record<string, string>,
  more: Partial<ProtectedAsk> = {},
): readonly string[] =>
  held({ manifests: [{ path: 'package.json', before: manifest(before), after: manifest(after) }], ...more });

describe('files that act on other machines', () => {
  const paths = [
    ...[
      'swarm.toml',
      '.swarm/prompts/worker.md',
      '.github/workflows/ci.yml',
      '.gitlab-ci.yml',
      '.husky/pre-commit',
    ],
    ...['.claude/settings.json', '.vscode/tasks.json', '.gitattributes', 'lib/.gitattributes', '.gitmodules'],
    ...['.GitHub/Workflows/ci.yml', '.mcp.json'],
  ];
  for (const path of paths) {
    it(`${path} is held unless the scope names it`, () => {
      assert.equal(held({ paths: [path] }).length, 1);
      assert.equal(held({ paths: [path], scope: ['**'] }).length, 1, 'a glob names no file');
      assert.deepEqual(held({ paths: [path], scope: [path] }), []);
    });
  }
  it('others are nobody’s business', () => {
    assert.deepEqual(
      held({ paths: ['src/a.ts', 'CHANGES', 'docs/swarm.toml.md', 'github/workflows/x.yml'] }),
      [],
    );
  });
  it('those the operator adds are held alike', () => {
    assert.deepEqual(held({ paths: ['infra/a/main.tf', 'src/a.ts'], protect: ['infra/**'] }), [
      'infra/a/main.tf: protected by the configuration',
    ]);
  });
  it('a branch somebody asked to land by its name is theirs', () => {
    assert.deepEqual(held({ paths: ['.gitmodules'], source: LAND }), []);
  });
});

describe('what the gate runs', () => {
  it('is held even where a planner’s scope names it, and not where the operator’s plan does', () => {
    const change = { paths: ['check.sh'], gate: 'sh ./check.sh --all' };
    assert.deepEqual(held(change), ['check.sh: the gate runs it']);
    assert.equal(held({ ...change, scope: ['check.sh'] }).length, 1);
    assert.equal(held({ ...change, source: PLAN }).length, 1);
    assert.deepEqual(held({ ...change, scope: ['check.sh'], source: PLAN }), []);
  });
  it('is a Makefile, and what it may include, where the gate is make', () => {
    assert.equal(held({ paths: ['Makefile', 'build/rules.mk'], gate: 'make check' }).length, 2);
    assert.deepEqual(held({ paths: ['Makefile'], gate: 'npm test' }), []);
  });
  it('is not what it only tests', () => {
    assert.deepEqual(
      held({
        paths: ['value.txt', 'test/a.test.js'],
        gate: 'test -f value.txt && node --test test/a.test.js',
      }),
      [],
    );
  });
});

describe('scripts of package.json', () => {
  it('the gate runs may not change, whatever else of the manifest does', () => {
    assert.deepEqual(scripts({ test: 'node --test' }, { test: 'exit 0' }), [
      'package.json: scripts.test is now "exit 0", and the gate runs it',
    ]);
    const before = manifest({ test: 'x' });
    const after = manifest({ test: 'x', dev: 'y' }, { dependencies: { a: '1' } });
    assert.deepEqual(held({ manifests: [{ path: 'package.json', before, after }] }), []);
  });
  it('come with those they call, and those that run before and after', () => {
    const was = { test: 'npm run unit', unit: 'node --test', lint: 'x' };
    assert.equal(scripts(was, { ...was, unit: 'true' }).length, 1);
    assert.equal(scripts(was, { ...was, pretest: 'rm -rf test' }).length, 1);
    assert.equal(scripts(was, { ...was, preunit: 'rm -rf test' }).length, 1);
    assert.deepEqual(scripts(was, { ...was, lint: 'y' }), []);
  });
  it('may not run by themselves where somebody installs', () => {
    assert.deepEqual(scripts({}, { postinstall: 'node steal.js' }), [
      'package.json: scripts.postinstall is now "node steal.js"',
    ]);
  });
  it('may not become unreadable or go', () => {
    const before = manifest({ test: 'x' });
    for (const after of ['{', undefined])
      assert.equal(held({ manifests: [{ path: 'package.json', before, after }] }).length, 1);
  });
  it('of a new package are its own', () => {
    const after = manifest({ test: 'exit 0' });
    assert.deepEqual(held({ manifests: [{ path: 'b/package.json', before: undefined, after }] }), []);
  });
});

describe('a gate’s command is read as', () => {
  const rows: readonly (readonly [command: string, scripts: string[], files: string[]])[] = [
    ['pnpm test', ['test'], []],
    ['npm t', ['test'], []],
    ['pnpm -r run build && pnpm run "test:unit" -- --watch=false', ['build', 'test:unit'], []],
    ['CI=1 npx turbo run lint test', ['lint', 'test'], []],
    ['./run.sh; python3 tools/check.py -v', [], ['run.sh', 'tools/check.py']],
    ['node --run test', ['test'], []],
    ['node --test && bash -c "exit 0"', [], []],
  ];
  for (const [command, scripts, files] of rows) {
    it(command, () => {
      const parts = gateParts(command);
      assert.deepEqual([parts.scripts, parts.files], [scripts, files]);
    });
  }
});
