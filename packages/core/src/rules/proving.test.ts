import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aGateResult } from '../testing.ts';
import { putCommand, testsPlan, testsSay } from './proving.ts';

const plan = (paths: readonly string[], verify?: string, gate?: string) => testsPlan({ paths, verify, gate });
const commandOf = (...ask: Parameters<typeof plan>) => {
  const made = plan(...ask);
  return made?.kind === 'run' ? made.command : made?.tests.says;
};

for (const [title, got, want] of [
  ['a change without tests is not asked', plan(['a.js'], undefined, 'npm test'), undefined],
  ['one of tests alone proves nothing', commandOf(['test/a.test.js'], undefined, 'npm test'), 'nothing'],
  ['without a command nobody knows', commandOf(['a.js', 'test/a.test.js']), 'unknown'],
  [
    'a verify that names the test runs it',
    commandOf(['a.js', 'test/a.test.js'], 'node --test ./test/a.test.js', 'npm test'),
    'node --test ./test/a.test.js',
  ],
  [
    'so does one that names its folder',
    commandOf(['a.js', 'test/a.test.js'], 'node --test test/', 'npm test'),
    'node --test test/',
  ],
  [
    'one that names another file does not',
    commandOf(['src/a.js', 'src/a.test.js'], 'grep -q x src/a.js', 'npm test'),
    'npm test',
  ],
  [
    'a runner that takes files is given them',
    commandOf(['a.py', 'test_a.py'], undefined, 'pytest -q'),
    'pytest -q test_a.py',
  ],
  [
    'but not where there are fixtures among them',
    commandOf(['a.py', 'test_a.py', 'tests/x.json'], undefined, 'pytest -q'),
    'pytest -q',
  ],
  [
    'nor a command of several',
    commandOf(['a.py', 'test_a.py'], undefined, 'pytest && ruff check'),
    'pytest && ruff check',
  ],
] as const)
  test(title, () => assert.equal(got, want));

const red = { ...aGateResult('failed'), signatures: ['old'], isTold: true } as const;
for (const [title, ran, says] of [
  ['tests that fail there prove something', { exitCode: 1, signatures: ['x'], before: undefined }, 'proves'],
  ['tests that pass there prove nothing', { exitCode: 0, signatures: [], before: undefined }, 'nothing'],
  [
    'what came to no end tells nothing',
    { exitCode: undefined, signatures: [], before: undefined },
    'unknown',
  ],
  [
    'a gate that was red shows it by a new failure',
    { exitCode: 1, signatures: ['old', 'x'], before: red },
    'proves',
  ],
  ['and by no old one', { exitCode: 1, signatures: ['old'], before: red }, 'unknown'],
] as const)
  test(title, () => assert.equal(testsSay(ran), says));

test('names of test files are words, whatever is in them', () => {
  assert.match(
    putCommand('b', 'c', ["test/$(x) 'y'.test.js"]),
    /for f in 'test\/\$\(x\) '\\''y'\\''\.test\.js'; do/,
  );
});
