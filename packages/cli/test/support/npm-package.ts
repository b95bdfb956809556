/** A package as the registry unpacks it: CommonJS, a manifest with a test script, licence, types, many parts. */

/** @param parts how many files `lib/part-<n>.js` it has. */
export function npmPackage(parts: number): Record<string, string> {
  const numbers = Array.from({ length: parts }, (_, i) => i + 1);
  const lib = numbers.map((n): [string, string] => [
    `lib/part-${n}.js`,
    `'use strict';\n\nmodule.exports = function part${n}(value) {\n  return value + ${n};\n};\n`,
  ]);
  const manifest = {
    name: 'many-parts',
    version: '2.1.0',
    description: 'Adds small numbers',
    license: 'MIT',
    main: 'index.js',
    types: 'index.d.ts',
    files: ['index.js', 'index.d.ts', 'lib'],
    scripts: { test: 'node test.js' },
  };
  const index = numbers.map((n) => `exports.part${n} = require('./lib/part-${n}.js');`).join('\n');
  const types = numbers.map((n) => `export function part${n}(value: number): number;`).join('\n');
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'index.js': `'use strict';\n\n${index}\n`,
    'index.d.ts': `${types}\n`,
    'test.js': TEST,
    LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge, to any person.\n',
    'README.md': '# many-parts\n\n```js\nconst { part1 } = require("many-parts");\n```\n',
    '.npmignore': 'test.js\n',
    ...Object.fromEntries(lib),
  };
}

const TEST = `'use strict';
const assert = require('node:assert');
const all = require('./index.js');
for (const [name, add] of Object.entries(all)) assert.equal(add(1), 1 + Number(name.slice(4)), name);
`;
