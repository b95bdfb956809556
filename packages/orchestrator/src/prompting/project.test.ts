import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RepositoryReader, TreeFile } from '@swarm/core/ports/git';
import { commit } from '@swarm/core/testing';
import { NO_FILES } from '../testing.ts';
import { shownTree } from './file-tree.ts';
import { Project } from './project.ts';

const HEAD = commit('head');

/** A repository of these texts; a link is a text that begins with `->`. */
function projectOf(files: Readonly<Record<string, string>>, over: Partial<RepositoryReader> = {}) {
  const reads: string[] = [];
  const listed = Object.entries(files).map(([path, text]): TreeFile => {
    return { path, kind: text.startsWith('->') ? 'link' : 'file', bytes: text.length };
  });
  const read = async (_: unknown, path: string) => {
    reads.push(path);
    return files[path];
  };
  const project = new Project({ reader: { ...NO_FILES, files: async () => listed, read, ...over } });
  return { project, reads };
}

describe('the rules a repository has for agents', () => {
  const RULES = {
    'AGENTS.md': 'cents are integers',
    'CLAUDE.md': 'tabs',
    '.cursorrules': 'be kind',
    '.cursor/rules/a.mdc': 'short names',
    '.cursor/mcp.json': '{"command":"evil"}',
    '.claude/settings.json': '{"hooks":"evil"}',
    '.github/copilot-instructions.md': 'no globals',
    'packages/api/AGENTS.md': 'handlers are async',
    'packages/web/AGENTS.md': 'pages are pure',
  };

  it('are those of the top and of the folders a scope lies in, the nearest last', async () => {
    const { project } = projectOf(RULES);
    const text = await project.instructions(HEAD, ['packages/api/src/*.ts']);
    const order = ['no globals', 'be kind', 'short names', 'tabs', 'cents', 'handlers'];
    const at = order.map((words) => text.indexOf(words));
    assert.deepEqual(
      at,
      [...at].sort((a, b) => a - b),
    );
    assert.ok(at[0]! > 0, text);
    assert.doesNotMatch(text, /pages are pure/);
    assert.match(text, /^--- \.github\/copilot-instructions\.md$/m);
  });

  it('are texts alone: hooks and settings of other tools are not even read', async () => {
    const { project, reads } = projectOf(RULES);
    assert.doesNotMatch(await project.instructions(HEAD, []), /evil/);
    assert.ok(!reads.some((path) => path.endsWith('.json')), reads.join());
  });

  it('are not followed through links, not read when they are huge, and the reader is told', async () => {
    const { project, reads } = projectOf({ 'AGENTS.md': '-> /etc/passwd', 'CLAUDE.md': 'x'.repeat(300_000) });
    const text = await project.instructions(HEAD, []);
    assert.match(text, /AGENTS\.md: not shown, it is a symbolic link/);
    assert.match(text, /CLAUDE\.md: not shown, it has 300000 bytes/);
    assert.deepEqual(reads, []);
  });

  it('are cut at 8,000 characters each, and said once when two files say the same', async () => {
    const { project } = projectOf({
      'AGENTS.md': `a${'b'.repeat(9_999)}`,
      'CLAUDE.md': `a${'b'.repeat(9_999)}`,
    });
    const text = await project.instructions(HEAD, []);
    assert.match(text, /\[… 2000 characters left out\]/);
    assert.equal(text.match(/^---/gm)?.length, 1);
  });

  it('leave room: of many the nearest are shown whole', async () => {
    const deep = Array.from({ length: 9 }, (_, i) => 'abcdefghi'.slice(0, i).split('').join('/'));
    const files = Object.fromEntries(deep.map((d, i) => [`${d}${d && '/'}AGENTS.md`, `${i}`.repeat(8_000)]));
    const { project } = projectOf(files);
    const text = await project.instructions(HEAD, [`${deep.at(-1)}/x.ts`]);
    assert.ok(text.length < 41_000, `${text.length}`);
    assert.ok(text.includes('8'.repeat(8_000)));
    assert.match(text, /^--- AGENTS\.md: not shown, there is no room for more$/m);
  });
});

describe('what a repository can run', () => {
  it('is named with its script: of the top, and of the folders of a scope', async () => {
    const { project } = projectOf({
      'package.json': '{"scripts":{"test":"node --test","lint":"biome check"}}',
      'packages/api/package.json': '{"scripts":{"dev":"node ."}}',
      'packages/web/package.json': '{"scripts":{"bundle":"x"}}',
      Makefile: 'VERSION := 1\n.PHONY: all\nall: test\n\techo all\ntest:\n\techo test\n',
      justfile: 'default: build\nbuild target="x":\n  echo\n',
    });
    const text = await project.scripts(HEAD, ['packages/api/index.js']);
    for (const line of [
      'package.json: test = node --test',
      'packages/api/package.json: dev = node .',
      'Makefile: make all',
      'Makefile: make test',
      'justfile: just build',
    ])
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
    assert.doesNotMatch(text, /bundle|VERSION|PHONY/);
  });

  it('is nothing where a manifest is no JSON or has no scripts', async () => {
    for (const manifest of ['{', 'null', '[]', '{"scripts":3}', '{"scripts":{"a":1}}'])
      assert.equal(await projectOf({ 'package.json': manifest }).project.scripts(HEAD, []), '');
  });
});

describe('the tree of a repository', () => {
  const of = (...paths: string[]): TreeFile[] => paths.map((path) => ({ path, kind: 'file', bytes: 1 }));

  it('is shown whole while there is room', () => {
    assert.deepEqual(shownTree(of('README.md', 'src/a.ts', 'src/deep/b.ts'), 10), [
      'src/',
      'src/deep/',
      'src/deep/b.ts',
      'src/a.ts',
      'README.md',
    ]);
  });

  it('has its large folders counted, not listed, and never more lines than asked', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `vendor/p${i % 50}/f${i}.js`);
    const lines = shownTree(of('README.md', 'src/a.ts', ...many), 300);
    assert.ok(lines.length <= 300, `${lines.length}`);
    assert.ok(lines.includes('src/a.ts'));
    assert.ok(lines.includes('vendor/p7/ (100 files)'), lines.slice(0, 20).join('\n'));
    assert.equal(shownTree(of(...Array.from({ length: 500 }, (_, i) => `f${i}`)), 300).length, 301);
  });

  it('is the root alone where it cannot be listed', async () => {
    const { project } = projectOf({}, { files: async () => undefined, list: async () => ['a/', 'b.ts'] });
    assert.equal(await project.tree(HEAD), '(too many files to list)\na/\nb.ts');
    assert.equal(await project.instructions(HEAD, []), '');
  });
});

describe('what a planner is shown of a repository', () => {
  it('holds its specification and decisions from the top and from docs, the beginning of each', async () => {
    const { project } = projectOf({
      'SPEC.md': `what it does ${'x'.repeat(9_000)}`,
      'docs/decisions.md': 'why so',
      'src/spec.md': 'of a part',
      'FEATURES.md': '-> /etc/passwd',
    });
    const text = await project.papers(HEAD);
    assert.match(
      text,
      /^--- SPEC\.md\nwhat it does x+\n\[… 5013 characters left out\]\n\n--- docs\/decisions\.md\nwhy so$/,
    );
  });
  it('names the files that many of the latest commits changed, as far as they are still there', async () => {
    const changes = async () =>
      new Map([
        ['src/index.ts', 31],
        ['gone.ts', 40],
        ['rare.ts', 4],
        ['package.json', 9],
      ]);
    const files = { 'src/index.ts': '1', 'rare.ts': '1', 'package.json': '{}' };
    assert.equal(
      await projectOf(files, { changes }).project.hotFiles(HEAD),
      'src/index.ts (31), package.json (9)',
    );
    assert.equal(await projectOf(files).project.hotFiles(HEAD), '');
  });
});
