/** docs/first-run.md, pasted: every block of it, in its order, by the real shell. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN } from './support/program.ts';
import { contained, World } from './support/world.ts';

const PAGE = await readFile(new URL('../../../docs/first-run.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);

test(
  'the first run, as its page has it: from an empty folder to landed work, applied and undone',
  contained,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'not this one\n' });
    const bin = join(world.root, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'swarm'),
      `#!/bin/sh\nexec ${process.execPath} --conditions=swarm-src ${MAIN} "$@"\n`,
    );
    await chmod(join(bin, 'swarm'), 0o755);
    const env = world.environment({
      PATH: `${bin}:${world.environment().PATH}`,
      GIT_AUTHOR_NAME: 'owner',
      GIT_AUTHOR_EMAIL: 'owner@shop.test',
      GIT_COMMITTER_NAME: 'owner',
      GIT_COMMITTER_EMAIL: 'owner@shop.test',
    });
    const empty = join(world.root, 'empty');
    await mkdir(empty);
    const shop = join(empty, 'shop');
    const paste = (block: string, cwd: string, more: Record<string, string> = {}) =>
      new Promise<{ code: number; text: string }>((resolve) => {
        execFile(
          'bash',
          ['--norc', '-ec', block],
          { cwd, env: { ...env, ...more } },
          (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
        );
      });
    const [repository, answers, play, exported, look, run, resume, after, ...rest] = BLOCKS;
    assert.deepEqual(rest, []);
    const inShop = async (block: string, code: number, more?: Record<string, string>) => {
      const ended = await paste(block, shop, more);
      assert.equal(ended.code, code, `${block}\n${ended.text}`);
      return ended.text;
    };
    /** The page's own port may be taken here. */
    const playing = async () => {
      const words = play!.trim().split(' ').slice(1, -1);
      const served = world.start([...words, '0'], { cwd: shop });
      const line = await served.line(/^export /);
      const [url] = /http:\S+/.exec(line)!;
      assert.equal(line.replace(url, 'http://127.0.0.1:4400/v1'), exported!.trim());
      return {
        served,
        model: { OPENAI_BASE_URL: url, OPENAI_API_KEY: 'not-a-key', SWARM_MODEL: 'scripted' },
      };
    };

    assert.equal((await paste(repository!, empty)).code, 0);
    await inShop(answers!, 0);
    const first = await playing();
    assert.match(await inShop(look!, 0, first.model), /Add a sum[\s\S]*nothing was started/);
    first.served.kill('SIGINT');
    assert.equal((await first.served.ended).code, 0, 'ended by Ctrl-C, as it says');

    const second = await playing();
    assert.match(await inShop(run!, 0, second.model), /2 landed/);
    assert.match(await inShop(resume!, 2, second.model), /there is nothing to resume/);
    assert.match(await inShop(after!, 0), /every promise was kept[\s\S]*t1 is undone/);
    assert.equal(await world.gitIn(shop, 'ls-files', 'sum.js', 'README.md'), 'README.md');
    assert.equal(await world.gitIn(shop, 'status', '--short'), '');
    second.served.kill('SIGTERM');
    assert.match((await second.served.ended).stderr, /^worker t1\.1, turn 0: answered$/m);
  },
);

test('a script that cannot be played is refused with what is wrong, and so is a port', async (t) => {
  const world = await World.with(t, { 'answers.json': '{"answers": [{"role": "boss"}]}' });
  const refusals: [string[], number, RegExp][] = [
    [['none.json'], 65, /SW0206.*cannot be read\n {2}where {2}none\.json/],
    [['answers.json'], 65, /SW0206[\s\S]*answers\[0\]\.role/],
    [['answers.json', '--port', '99999'], 65, /SW0206/],
  ];
  for (const [args, code, said] of refusals) {
    const ended = await world.swarm(['play', ...args]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, said);
  }
  await world.write({ 'answers.json': '{"answers": []}' });
  const far = await world.swarm(['play', 'answers.json', '--port', '99999']);
  assert.deepEqual([far.code, /SW0105.*--port/.test(far.stderr)], [2, true], far.stderr);
});
