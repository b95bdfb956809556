/** Completion as the shells themselves give it: the printed script is loaded by the real shell. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { MAIN } from './support/program.ts';
import { World } from './support/world.ts';

const exec = promisify(execFile);
type Shell = 'bash' | 'zsh' | 'fish';

/** A world with a `swarm` on PATH and the scripts its operator would have installed. */
async function shelled(t: TestContext) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const bin = join(world.root, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'swarm'),
    `#!/bin/sh\nexec ${process.execPath} --conditions=swarm-src ${MAIN} "$@"\n`,
  );
  await chmod(join(bin, 'swarm'), 0o755);
  const complete = async (shell: Shell, ...words: string[]): Promise<string[]> => {
    const file = join(world.root, `completion.${shell}`);
    if (!existsSync(file)) await writeFile(file, (await world.swarm(['completion', shell])).stdout);
    const env = world.environment({ PATH: `${bin}:${world.environment().PATH}`, TERM: 'dumb' });
    const { stdout } = await exec(shell, ASK[shell](file, words), { cwd: world.repository, env });
    return stdout
      .split('\n')
      .map((line) => line.split('\t')[0]!.trim())
      .filter(Boolean)
      .sort();
  };
  return { world, complete };
}

/** How each shell is asked what it would offer for the last of these words. */
const ASK: Readonly<Record<Shell, (file: string, words: readonly string[]) => string[]>> = {
  bash: (file, words) => [
    '--norc',
    '-c',
    `source ${file}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _swarm; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...words,
  ],
  // Outside its editor zsh lends no compadd: what would be offered is printed, cut to what was typed as it would.
  zsh: (file, words) => [
    '-f',
    '-c',
    `compdef() { :; }; compadd() { shift; local w; for w in "$@"; do [[ $w == "$cur"* ]] && print -- $w; done }; _files() { print -l -- *; }
     source ${file}; words=("$@"); CURRENT=$#; _swarm; true`,
    'zsh',
    ...words,
  ],
  fish: (file, words) => ['--no-config', '-c', `source ${file}; complete -C '${words.join(' ')}'`],
};

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const isThere = existsSync(`/usr/bin/${shell}`) || existsSync(`/bin/${shell}`);
  test(`${shell} completes commands, flags, closed lists and tasks`, {
    skip: !isThere && `no ${shell} here`,
  }, async (t) => {
    const { world, complete } = await shelled(t);
    const seen = { title: 'See', description: 'echo "$SWARM_TASK" > "$SWARM_TASK.txt"' };
    const run = await world.swarm(
      await world.plan([seen, { ...seen, title: 'See again' }], '--gate', 'true'),
    );
    assert.equal(run.code, 0, run.stderr);
    const id = (await world.runFolder()).split('/').at(-1);

    assert.deepEqual(await complete(shell, 'swarm', 're'), ['replay', 'report', 'resume', 'retry']);
    assert.deepEqual(await complete(shell, 'swarm', 'logs', '--e'), ['--event']);
    assert.deepEqual(await complete(shell, 'swarm', 'run', '--sandbox', 'bub'), ['bubblewrap']);
    assert.deepEqual(await complete(shell, 'swarm', 'logs', '--level', ''), [
      'debug',
      'error',
      'info',
      'warn',
    ]);
    assert.deepEqual(await complete(shell, 'swarm', 'explain', 't'), ['t1', 't2']);
    assert.deepEqual(await complete(shell, 'swarm', 'status', '--run', 'r'), [id]);
  });
}

test('a folder that a repository calls by a command does not have it run', async (t) => {
  const { world, complete } = await shelled(t);
  const runs = ['$(touch ran)', 'r-20261121-k3f7'];
  await world.write(Object.fromEntries(runs.map((run) => [`.swarm/runs/${run}/journal.ndjson`, '{}\n'])));
  assert.deepEqual(await complete('bash', 'swarm', 'status', '--run', ''), ['r-20261121-k3f7']);
  assert.equal(existsSync(join(world.repository, 'ran')), false);
});

test('a shell we do not know is refused, with those we do', async (t) => {
  const { world } = await shelled(t);
  const { code, stderr } = await world.swarm(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /bash, zsh, fish/);
});
