/**
 * Eight real features of a public repository, all on one base, by agents that settle conflicts by taking their own
 * side: what is said to be verified at the end passes the tests its authors wrote for it, in a clean checkout; the rest
 * is named, and the exit is 1. Needs a clone of github.com/validatorjs/validator.js, and a registry for its packages.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/destroyers.ts CLONE
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { destroying, tellsWhatHolds } from '../support/destroyers.ts';
import { World } from '../support/world.ts';
import { asScript } from './script.ts';

/** Eight commits of 2020, each a validator, one after the other; their base is what was before the first. */
const FEATURES = [
  'b331b5ae',
  '46585efa',
  'fc253c46',
  'a87165ab',
  '91c25918',
  '7bd816e9',
  '4f74f793',
  '9836c295',
];
const BASE = `${FEATURES[0]}^`;
const TESTS = 'test/validators.js';
/** What its authors' tests need, and nothing of what they build and lint with. */
const NEEDS = {
  '@babel/core': '7.28.5',
  '@babel/preset-env': '7.28.5',
  '@babel/register': '7.28.3',
  'babel-plugin-add-module-exports': '1.0.4',
  mocha: '6.2.3',
};
const MOCHA = 'node_modules/.bin/mocha --require @babel/register --reporter dot';

const [clone] = process.argv.slice(2);
assert.ok(clone, 'usage: destroyers.ts CLONE');
const of = (...args: string[]): string =>
  execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });

/** A file of the base with what a commit adds to it: beside what else is there where both have something. */
async function onBase(world: World, commit: string, path: string): Promise<string> {
  const texts = [BASE, `${commit}^`, commit].map((at) => of('show', `${at}:${path}`));
  for (const [i, text] of texts.entries()) await writeFile(join(world.root, `side-${i}`), text);
  const sides = [0, 1, 2].map((i) => join(world.root, `side-${i}`));
  const merged = spawnSync('git', ['merge-file', '-p', '--diff3', ...sides], { encoding: 'utf8' }).stdout;
  const conflict = /^<<<<<<<.*\n([\s\S]*?)^\|{7}.*\n([\s\S]*?)^=======\n([\s\S]*?)^>>>>>>>.*\n/gm;
  return merged.replace(conflict, (_, ours: string, before: string, theirs: string) => {
    const known = before.split('\n');
    return `${ours}${theirs.replace(/.*\n/g, (line) => (known.includes(line.trimEnd()) ? '' : line))}`;
  });
}

const titlesOf = (commit: string): readonly string[] =>
  [...of('show', `${commit}:${TESTS}`).matchAll(/^\s+it\('(.+?)',/gm)].map(([, title = '']) => title);

await asScript(async (owner) => {
  const world = await World.make(owner);
  execFileSync('git', ['clone', '--quiet', '--no-checkout', clone, world.repository], { stdio: 'inherit' });
  await world.git('checkout', '--quiet', '-b', 'feature-base', BASE);
  const manifest = JSON.parse(of('show', `${BASE}:package.json`));
  const hidden = (commit: string): string => `hidden/${commit}.js`;
  await world.commit(
    {
      'package.json': JSON.stringify({ ...manifest, devDependencies: NEEDS }, null, 2),
      ...Object.fromEntries(FEATURES.map((commit) => [hidden(commit), of('show', `${commit}:${TESTS}`)])),
    },
    'The tests that features will have',
  );
  const tasks = [];
  for (const commit of FEATURES) {
    const changed = of('diff-tree', '-r', '--no-commit-id', '--name-status', commit).trim().split('\n');
    const files: Record<string, string> = {};
    for (const [how, path] of changed.map((line) => line.split('\t') as [string, string]))
      if (/^(src\/|README)/.test(path))
        files[path] = how === 'A' ? of('show', `${commit}:${path}`) : await onBase(world, commit, path);
    await world.write(files);
    await world.git('add', '--all');
    const patch = await world.git('diff', '--cached', 'HEAD');
    await world.git('reset', '--quiet', '--hard');
    const before = new Set(titlesOf(`${commit}^`));
    const titles = titlesOf(commit).filter((title) => !before.has(title));
    tasks.push({
      title: of('log', '-1', '--format=%s', commit).trim(),
      description: destroying(`git apply --whitespace=nowarn <<'PATCH'\n${patch}\nPATCH`),
      verify: `${MOCHA} --grep '${titles.map((title) => title.replace(/[^\w ]/g, '.')).join('|')}' ${hidden(commit)}`,
    });
  }
  const said = await tellsWhatHolds(world, {
    tasks,
    gate: `${MOCHA} ${TESTS}`,
    setup: 'npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error',
    setupEnv: ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'].filter(
      (name) => process.env[name],
    ),
  });
  console.log(`${FEATURES.length} features of validator.js: ${said}`);
});
