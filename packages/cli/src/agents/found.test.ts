import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PRESETS } from '@swarm/agent';
import { findAgents, installFolder } from './found.ts';

const ARCH = process.arch === 'arm64' ? 'arm64' : 'x64';
const NATIVE = `@anthropic-ai/claude-code-linux-${ARCH}/claude`;
const PACKAGE = '@anthropic-ai/claude-code';
const PI = PRESETS.pi.npm.programs('x64')[0]!;

/** A machine of its own, outside the places that are a sandbox's own. */
function machine(t: TestContext) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'found-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  const env = { HOME: home, PATH: `${root}/bin:/usr/bin`, XDG_STATE_HOME: join(root, 'state') };
  const write = (path: string, text = '\x7fELF'): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };
  const link = (to: string, name: string): void => {
    mkdirSync(join(root, 'bin'), { recursive: true });
    symlinkSync(to, join(root, 'bin', name));
  };
  return { root, env, write, link, find: async (name: string) => findAgents(env, [name]) };
}

test('nothing is found where nothing is', async (t) => {
  assert.deepEqual(await machine(t).find('claude'), { found: [], hidden: [] });
});

test('a program that npm put on PATH is its package’s own program, and all around it is shown', async (t) => {
  const { root, write, link, find } = machine(t);
  const stub = write(`tools/node_modules/${PACKAGE}/bin/claude.exe`, 'this only looks for the real one');
  write(`tools/node_modules/${PACKAGE}/package.json`, '{"version":"2.1.0"}');
  const real = write(`tools/node_modules/${NATIVE}`);
  link(stub, 'claude');
  assert.deepEqual((await find('claude')).found, [
    {
      name: 'claude',
      from: 'PATH',
      file: real,
      isScript: false,
      shows: [join(root, 'tools/node_modules')],
      version: '2.1.0',
    },
  ]);
});

test('a global installation has its program below its package', async (t) => {
  const { root, write, link, find } = machine(t);
  link(write(`lib/node_modules/${PACKAGE}/bin/claude.exe`), 'claude');
  const real = write(`lib/node_modules/${PACKAGE}/node_modules/${NATIVE}`);
  const [found] = (await find('claude')).found;
  assert.deepEqual([found!.file, found!.shows], [real, [join(root, 'lib/node_modules')]]);
});

test('a program of its own installer is started as it is, and its folder is shown', async (t) => {
  const { root, write, link, find } = machine(t);
  const real = write('home/.local/share/claude/versions/2.1.9');
  link(real, 'claude');
  const [found] = (await find('claude')).found;
  assert.deepEqual(
    [found!.file, found!.isScript, found!.shows, found!.version],
    [real, false, [join(root, 'home/.local/share/claude/versions')], undefined],
  );
});

test('a script for Node is known by its name or its first line: our own Node starts it', async (t) => {
  const { write, link, find } = machine(t);
  link(write('opt/a/pi', '#!/usr/bin/env node\nx'), 'pi');
  link(write('opt/b/qwen.js', 'x'), 'qwen');
  link(write('opt/c/gemini', '#!/bin/sh\nexec node x\n'), 'gemini');
  const isScript = async (name: string) => (await find(name)).found[0]!.isScript;
  assert.deepEqual(
    [await isScript('pi'), await isScript('qwen'), await isScript('gemini')],
    [true, true, false],
  );
});

test('what swarm installed is found where nothing is on PATH, and gives way to what is', async (t) => {
  const { root, env, write, link, find } = machine(t);
  const modules = join(installFolder(PRESETS.pi, env), 'node_modules');
  const own = write(join(modules, PI).slice(root.length));
  const [installed] = (await find('pi')).found;
  assert.deepEqual([installed!.from, installed!.file, installed!.shows], ['swarm', own, [modules]]);
  link(write('opt/a/pi'), 'pi');
  assert.equal((await find('pi')).found[0]!.from, 'PATH');
});

test('a program beside keys is not shown; swarm’s own stands in for it', async (t) => {
  const { root, env, write, link, find } = machine(t);
  link(write('home/.ssh/pi'), 'pi');
  const { found, hidden } = await find('pi');
  assert.deepEqual([found, hidden.map(({ name }) => name)], [[], ['pi']]);
  assert.match(hidden[0]!.why, /\.ssh/);
  write(join(installFolder(PRESETS.pi, env), 'node_modules', PI).slice(root.length));
  assert.equal((await find('pi')).found[0]!.from, 'swarm');
});

test('a sandbox with a system of its own is asked first, and has nothing of this machine’s system', async (t) => {
  const { env, root, write, link } = machine(t);
  const asked: string[][] = [];
  const inside = (places: Record<string, string>) => async (programs: readonly string[]) => {
    asked.push([...programs]);
    return new Map(Object.entries(places));
  };
  link('/usr/bin/true', 'claude');
  const { found: here } = await findAgents(env, ['claude']);
  assert.deepEqual(here[0]?.shows, []);
  const { hidden } = await findAgents(env, ['claude'], inside({}));
  assert.match(hidden[0]!.why, /a system of its own/);
  const its = await findAgents(env, ['claude'], inside({ claude: '/opt/claude' }));
  assert.deepEqual(
    [its.found[0]!.from, its.found[0]!.file, its.found[0]!.shows],
    ['sandbox', '/opt/claude', []],
  );
  rmSync(join(root, 'bin/claude'));
  link(write('tools/claude/claude'), 'claude');
  const shown = await findAgents(env, ['claude'], inside({}));
  assert.deepEqual(shown.found[0]!.shows, [join(root, 'tools/claude')]);
  assert.deepEqual(asked, [['claude'], ['claude'], ['claude']]);
});
