import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOLVE_TEXT_MAX, resolveConflict } from './resolve.ts';

interface Row {
  readonly says: string;
  readonly path: string;
  readonly base?: string;
  readonly ours: string;
  readonly theirs: string;
  /** Absent: it stays a conflict. */
  readonly gives?: string;
}

const ROWS: readonly Row[] = [
  {
    says: 'two tasks add a pattern to an ignore file',
    path: 'web/.gitignore',
    base: 'node_modules/\n',
    ours: 'node_modules/\ndist/\n',
    theirs: 'node_modules/\nout/\n',
    gives: 'node_modules/\ndist/\nout/\n',
  },
  {
    says: 'a pattern both add stands once, and a heading stays with what it heads',
    path: '.dockerignore',
    base: 'a\n',
    ours: 'a\n\n# built\ndist\n',
    theirs: 'a\n\n# built\ndist\n\n# cached\ncache\n',
    gives: 'a\n\n# built\ndist\n\n# cached\ncache\n',
  },
  {
    says: 'an exception in an ignore file takes back what stands before it: its place is its meaning',
    path: '.gitignore',
    base: 'a\n',
    ours: 'a\n!keep\n',
    theirs: 'a\nout\n',
  },
  {
    says: 'one side edits far from where both add',
    path: '.npmignore',
    base: 'a\nb\nc\n',
    ours: 'A\nb\nc\nours\n',
    theirs: 'a\nb\nc\ntheirs\n',
    gives: 'A\nb\nc\nours\ntheirs\n',
  },
  {
    says: 'one side edits the line beside which the other adds',
    path: '.npmignore',
    base: 'a\nb\n',
    ours: 'a\nB\n',
    theirs: 'a\nb\nnew\n',
  },
  {
    says: 'one side deletes what the other edits',
    path: 'CHANGELOG.md',
    base: 'a\nb\nc\n',
    ours: 'a\nc\n',
    theirs: 'a\nB\nc\n',
  },
  {
    says: 'both add an entry to a changelog: ours, which landed first, stands first',
    path: 'CHANGELOG.md',
    base: '# Log\n\n- Old\n',
    ours: '# Log\n\n- Ours\n- Old\n',
    theirs: '# Log\n\n- Theirs\n- Old\n',
    gives: '# Log\n\n- Ours\n- Theirs\n- Old\n',
  },
  {
    says: 'both open the same section of a changelog: its heading stands once',
    path: 'docs/HISTORY.rst',
    base: '# Log\n\n## 1.0\n',
    ours: '# Log\n\n## Next\n- Ours\n\n## 1.0\n',
    theirs: '# Log\n\n## Next\n- Theirs\n\n## 1.0\n',
    gives: '# Log\n\n## Next\n- Ours\n\n- Theirs\n\n## 1.0\n',
  },
  {
    says: 'both open a version of their own in a changelog: nothing is taken for a duplicate',
    path: 'NEWS',
    base: '## 1.0\n',
    ours: '## 1.2\n### Fixed\n- a\n\n## 1.0\n',
    theirs: '## 1.1\n### Fixed\n- b\n\n## 1.0\n',
    gives: '## 1.2\n### Fixed\n- a\n\n## 1.1\n### Fixed\n- b\n\n## 1.0\n',
  },
  {
    says: 'two changelogs begun apart',
    path: 'CHANGELOG.md',
    ours: '# Log\n- a\n',
    theirs: '# Changes\n- b\n',
  },
  {
    says: 'two ignore files begun apart',
    path: '.gitignore',
    ours: 'dist\nlog\n',
    theirs: 'dist\ntmp\n',
    gives: 'dist\nlog\ntmp\n',
  },
  {
    says: 'words are added to a word list',
    path: 'cspell-words.txt',
    base: 'alpha\n',
    ours: 'alpha\nbeta\n',
    theirs: 'alpha\ngamma\n',
    gives: 'alpha\nbeta\ngamma\n',
  },
  {
    says: 'a file with the name of a word list that holds sentences',
    path: 'words.txt',
    base: 'one\n',
    ours: 'one\nand then\n',
    theirs: 'one\nbut not\n',
  },
  {
    says: 'both export something new from a barrel',
    path: 'src/index.ts',
    base: "export { a } from './a.ts';\n",
    ours: "export { a } from './a.ts';\nexport { b } from './b.ts';\n",
    theirs:
      "export { a } from './a.ts';\nexport type { C, D as E } from './c.ts';\nexport * from './d.ts';\n",
    gives:
      "export { a } from './a.ts';\nexport { b } from './b.ts';\nexport type { C, D as E } from './c.ts';\nexport * from './d.ts';\n",
  },
  {
    says: 'both export the same name from different modules',
    path: 'index.js',
    base: '',
    ours: "export { parse } from './json.js';\n",
    theirs: "export { parse } from './yaml.js';\n",
  },
  {
    says: 'an index that is no barrel: statements are code, and code is not put together by rule',
    path: 'src/index.ts',
    base: 'start();\n',
    ours: 'start();\nlisten(1);\n',
    theirs: 'start();\nlisten(2);\n',
  },
  {
    says: 'imports for their side effects: their order is their meaning',
    path: 'src/index.ts',
    base: '',
    ours: "import './polyfill.ts';\n",
    theirs: "import './app.ts';\n",
  },
  {
    says: 'part of a statement that goes on over several lines',
    path: 'src/index.ts',
    base: 'export {\n  a,\n};\n',
    ours: 'export {\n  a,\n  b,\n};\n',
    theirs: 'export {\n  a,\n  c,\n};\n',
  },
  {
    says: 'modules are added to mod.rs',
    path: 'src/net/mod.rs',
    base: 'mod a;\n',
    ours: 'mod a;\npub mod tcp;\npub(crate) use tcp::{Stream, Listener};\n',
    theirs: 'mod a;\nmod udp;\nuse std::io as stdio;\n',
    gives: 'mod a;\npub mod tcp;\npub(crate) use tcp::{Stream, Listener};\nmod udp;\nuse std::io as stdio;\n',
  },
  {
    says: 'the same module, public here and private there',
    path: 'src/mod.rs',
    base: 'mod a;\n',
    ours: 'mod a;\npub mod b;\n',
    theirs: 'mod a;\nmod b;\n',
  },
  {
    says: 'imports are added to __init__.py',
    path: 'kit/__init__.py',
    base: 'from .a import a\n',
    ours: 'from .a import a\nfrom .b import b, bb as B\n',
    theirs: 'from .a import a\nimport kit.c as c\n',
    gives: 'from .a import a\nfrom .b import b, bb as B\nimport kit.c as c\n',
  },
  {
    says: 'a wildcard import may hide what the other side imports',
    path: 'kit/__init__.py',
    base: '',
    ours: 'from .a import *\n',
    theirs: 'from .b import b\n',
  },
  {
    says: 'an import that must stand before all others',
    path: 'kit/__init__.py',
    base: '',
    ours: 'from .a import a\n',
    theirs: 'from __future__ import annotations\n',
  },
  {
    says: 'dependencies are added to one table of Cargo.toml',
    path: 'Cargo.toml',
    base: '[dependencies]\na = "1"\n\n[features]\n',
    ours: '[dependencies]\na = "1"\nserde = { version = "1", features = ["derive"] }\n\n[features]\n',
    theirs: '[dependencies]\na = "1"\nrand = "0.8" # dice\n\n[features]\n',
    gives:
      '[dependencies]\na = "1"\nserde = { version = "1", features = ["derive"] }\nrand = "0.8" # dice\n\n[features]\n',
  },
  {
    says: 'the same crate in two versions',
    path: 'Cargo.toml',
    base: '[dependencies]\n',
    ours: '[dependencies]\nfoo-bar = "1"\n',
    theirs: '[dependencies]\nfoo_bar = "2"\n',
  },
  {
    says: 'a new table in a manifest',
    path: 'pyproject.toml',
    base: '[project]\n',
    ours: '[project]\nname = "a"\n',
    theirs: '[project]\n[tool.x]\ny = 1\n',
  },
  {
    says: 'a value that goes on over several lines',
    path: 'pyproject.toml',
    base: '[project]\n',
    ours: '[project]\nname = [\n',
    theirs: '[project]\nversion = "1"\n',
  },
  {
    says: 'requirements are added to an array of pyproject.toml',
    path: 'pyproject.toml',
    base: 'dependencies = [\n  "a>=1",\n]\n',
    ours: 'dependencies = [\n  "a>=1",\n  "b[x]>=2; python_version<\'3\'",\n]\n',
    theirs: 'dependencies = [\n  "a>=1",\n  "c",\n]\n',
    gives: 'dependencies = [\n  "a>=1",\n  "b[x]>=2; python_version<\'3\'",\n  "c",\n]\n',
  },
  {
    says: 'the same requirement in two versions',
    path: 'pyproject.toml',
    base: 'dependencies = [\n]\n',
    ours: 'dependencies = [\n  "Foo.Bar>=1",\n]\n',
    theirs: 'dependencies = [\n  "foo-bar>=2",\n]\n',
  },
  {
    says: 'modules are added to a require block of go.mod',
    path: 'go.mod',
    base: 'require (\n\tx.org/a v1.0.0\n)\n',
    ours: 'require (\n\tx.org/a v1.0.0\n\tx.org/b v1.1.0\n)\n',
    theirs: 'require (\n\tx.org/a v1.0.0\n\tx.org/c v0.2.0 // indirect\n)\n',
    gives: 'require (\n\tx.org/a v1.0.0\n\tx.org/b v1.1.0\n\tx.org/c v0.2.0 // indirect\n)\n',
  },
  {
    says: 'the same module in two versions',
    path: 'go.mod',
    base: 'require (\n)\n',
    ours: 'require (\n\tx.org/a v1.0.0\n)\n',
    theirs: 'require (\n\tx.org/a v1.2.0\n)\n',
  },
  {
    says: 'go.sum is the sorted union, versions as numbers',
    path: 'go.sum',
    base: 'x.org/a v1.9.0 h1:a=\n',
    ours: 'x.org/a v1.9.0 h1:a=\nx.org/a v1.10.0 h1:b=\nx.org/a v1.10.0/go.mod h1:c=\n',
    theirs: 'x.org/a v1.9.0 h1:a=\nx.org/a v1.10.0-rc.1 h1:d=\n',
    gives:
      'x.org/a v1.9.0 h1:a=\nx.org/a v1.10.0-rc.1 h1:d=\nx.org/a v1.10.0 h1:b=\nx.org/a v1.10.0/go.mod h1:c=\n',
  },
  {
    says: 'two checksums for one version of a module',
    path: 'go.sum',
    base: '',
    ours: 'x.org/a v1.0.0 h1:a=\n',
    theirs: 'x.org/a v1.0.0 h1:b=\n',
  },
  {
    says: 'a lockfile only its own tool can make',
    path: 'poetry.lock',
    base: '',
    ours: 'a\n',
    theirs: 'b\n',
  },
  {
    says: 'source code',
    path: 'src/main.ts',
    base: 'a\n',
    ours: 'a\nb\n',
    theirs: 'a\nc\n',
  },
  {
    says: 'a conflict somebody committed with its markers',
    path: 'CHANGELOG.md',
    base: '- a\n',
    ours: '- a\n<<<<<<< HEAD\n- b\n',
    theirs: '- a\n- c\n',
  },
  {
    says: 'line ends that differ: no line could be told from its twin',
    path: '.gitignore',
    base: 'a\n',
    ours: 'a\r\nb\r\n',
    theirs: 'a\nc\n',
  },
  {
    says: 'an addition with other line ends than the file',
    path: '.gitignore',
    base: 'a\n',
    ours: 'a\nb\r\n',
    theirs: 'a\nc\n',
  },
  {
    says: 'control characters: it is no text',
    path: '.gitignore',
    base: 'a\n',
    ours: 'a\n\0\n',
    theirs: 'a\nc\n',
  },
  {
    says: 'more text than anybody reads',
    path: '.gitignore',
    base: 'a\n',
    ours: `a\n${'x'.repeat(RESOLVE_TEXT_MAX)}\n`,
    theirs: 'a\nc\n',
  },
  {
    says: 'a statement longer than anybody writes',
    path: 'src/index.ts',
    base: '',
    ours: `export { ${'x'.repeat(1_000)} } from './x.ts';\n`,
    theirs: "export { y } from './y.ts';\n",
  },
  {
    says: 'Windows line ends are kept',
    path: '.gitignore',
    base: 'a\r\n',
    ours: 'a\r\nb\r\n',
    theirs: 'a\r\nc\r\n',
    gives: 'a\r\nb\r\nc\r\n',
  },
  {
    says: 'a file without a newline at its end: the last line is no other line for it',
    path: '.gitignore',
    base: 'a',
    ours: 'a\nb',
    theirs: 'a\nc',
    gives: 'a\nb\nc',
  },
];

for (const { says, path, gives, ...texts } of ROWS) {
  test(`${path}: ${says}${gives === undefined ? ': it stays a conflict' : ''}`, () => {
    assert.equal(resolveConflict(path, texts)?.text, gives);
  });
}
