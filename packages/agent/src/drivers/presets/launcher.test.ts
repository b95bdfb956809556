import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeFolder } from '../../../test/support.ts';
import { launcherText } from './launcher.ts';
import type { Start } from './preset.ts';

const NASTY = `a 'b' "c" $HOME \`id\` $(id) \\ {x}`;

function started(t: TestContext, start: Partial<Start>, prompt = 'the prompt') {
  const home = makeFolder(t, { 'prompt.md': prompt });
  const argv = ['/bin/sh', '-c', 'printf "%s\\n" "$@"; cat; env', 'sh'];
  const text = launcherText(argv, { args: [], env: {}, files: {}, ...start }, join(home, 'prompt.md'));
  writeFileSync(join(home, 'start.sh'), text);
  const env = {
    HOME: home,
    SWARM_GATEWAY_URL: 'http://127.0.0.1:1',
    OPENAI_API_KEY: 'tok-1',
    PATH: '/usr/bin:/bin',
  };
  const output = execFileSync('/bin/sh', [join(home, 'start.sh')], { env, encoding: 'utf8' });
  return { home, output };
}

test('arguments, variables and settings come through as they are, whatever characters they hold', (t) => {
  const { home, output } = started(t, {
    args: [NASTY],
    env: { NASTY },
    files: { '.a/b/settings.json': NASTY },
  });
  assert.ok(output.startsWith(`${NASTY}\nthe prompt`), output);
  assert.ok(output.split('\n').includes(`NASTY=${NASTY}`));
  assert.equal(readFileSync(join(home, '.a/b/settings.json'), 'utf8'), NASTY);
});

test('the gateway, the token and the home are filled in where the agent runs', (t) => {
  const { home, output } = started(t, {
    args: ['x={gateway}/v1'],
    env: { KEY: '{token}', AT: '{home}/.x' },
    files: { 'c.json': '{"url":"{gateway}/v1","key":"{env:OPENAI_API_KEY}"}' },
  });
  assert.ok(output.startsWith('x=http://127.0.0.1:1/v1\n'));
  for (const line of ['KEY=tok-1', `AT=${home}/.x`]) assert.ok(output.split('\n').includes(line), line);
  assert.equal(
    readFileSync(join(home, 'c.json'), 'utf8'),
    '{"url":"http://127.0.0.1:1/v1","key":"{env:OPENAI_API_KEY}"}',
  );
});

test('a prompt longer than any argument may be comes on stdin', (t) => {
  const prompt = 'p'.repeat(300_000);
  assert.ok(started(t, {}, prompt).output.includes(prompt));
});
