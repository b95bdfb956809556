import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringsPrograms, programsIn } from './command-words.ts';

const rows: [string, readonly string[]][] = [
  ['npm test', ['npm']],
  ['cd packages/till && pnpm test', ['pnpm']],
  ['python3 -m venv .venv && .venv/bin/pip install -q -e .', ['python3']],
  ['CI=1 NODE_ENV=test npx jest | tee out; make check', ['npx', 'tee', 'make']],
  ['if test -f go.mod; then go test ./...; fi', ['go']],
  ['bundle exec ruby -e \'a; system("evil")\'', ['bundle']],
  ['echo "$(git rev-parse HEAD)"', []],
  ['cmake -S . -B "$HOME/build" && ctest --test-dir "$HOME/build"', ['cmake', 'ctest']],
  ['sh tools/test.sh', ['sh']],
  ['$RUNNER test', []],
];
for (const [command, programs] of rows)
  test(`\`${command}\` starts ${programs.join(', ') || 'nothing that is looked up'}`, () =>
    assert.deepEqual(programsIn(command), programs));

test('a setup that installs into the home brings programs of its own', () => {
  assert.equal(bringsPrograms('npm install --global --prefix "$HOME/.local" pnpm@10 && pnpm install'), true);
  assert.equal(bringsPrograms('npm ci'), false);
});
