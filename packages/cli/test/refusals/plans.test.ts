/** Plan files are hostile until they are read: refused whole, with every mistake by its place. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TASKS_MAX } from '@swarm/core/model/request';
import type { World } from '../support/world.ts';
import { topic } from './refused.ts';

const { refused, end } = topic('plans');
const GO = ['--agent', 'command', '--gate', 'true', '--setup', 'none'];
const run = (file: string) => ({ args: ['run', '--plan', file, ...GO] });

/** A plan file with this in it. */
const holding = (content: unknown) => async (world: World) => {
  const file = join(world.root, 'plan.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return run(file);
};

const task = (id: string, more: object = {}) => ({ id, title: `Do ${id}`, ...more });

refused('duplicate-ids', 'two tasks of one id are refused', holding([task('a'), task('b'), task('a')]));

refused(
  'circle',
  'dependencies in a circle are refused with the way round',
  holding([
    task('a', { dependsOn: ['c'] }),
    task('b', { dependsOn: ['a'] }),
    task('c', { dependsOn: ['b'] }),
  ]),
);

refused('on-itself', 'a task that waits for itself is refused', holding([task('a', { dependsOn: ['a'] })]));

refused(
  'unknown-dependency',
  'a dependency on a task that is not there is refused with what was meant',
  holding([task('parser'), task('b', { dependsOn: ['praser'] })]),
);

refused(
  'unknown-field',
  'a field nobody knows is refused with what was meant',
  holding([
    { ...task('a'), dependsOnn: ['b'] },
    { ...task('b'), titel: 'x', colour: 'red' },
  ]),
);

refused(
  'ill-typed',
  'values of the wrong type or out of bounds are refused one by one',
  holding([
    { id: 'a' },
    task('b', { priority: 11 }),
    task('c', { priority: 'soonish' }),
    task('d', { scope: [1, null] }),
    task('e', { kind: 'chnage' }),
    'not a task',
    null,
    [],
  ]),
);

refused(
  'too-long',
  'texts and lists over their bounds are refused without being repeated',
  holding([
    task('x'.repeat(101)),
    task('b', { description: 'x'.repeat(16_385) }),
    task('c', { scope: Array.from({ length: 201 }, (_, i) => `f${i}`) }),
    task('d', { title: 'x'.repeat(201) }),
  ]),
);

refused(
  'escaping',
  'scopes that lead out of the repository, into git’s own folder or home are refused',
  holding(
    [
      '../out',
      '/etc/passwd',
      'a/../../b',
      '.git/hooks',
      'sub/.GIT/config',
      '~/.ssh',
      'C:\\x',
      '%2e%2e/x',
      'a\\..\\b',
    ].map((scope, i) => task(`s${i}`, { scope: [scope] })),
  ),
);

refused(
  'like-options',
  'ids, dependencies and scopes that read like options are refused',
  holding([
    task('--force'),
    task('b', { scope: ['-rf'] }),
    task('c', { dependsOn: ['--all'], role: '-x', agent: '-y' }),
  ]),
);

refused(
  'unseen-characters',
  'characters that cannot be seen or turn the line round are refused',
  holding([
    task('a\u0000b'),
    task('b', { title: 'pay \u202eotua' }),
    task('c', { scope: ['a\u200bb'] }),
    task('d', { title: 'two\nlines' }),
    task('e', { verify: 'true\u0000; rm' }),
    task('f\u001b[2J'),
  ]),
);

refused(
  'prototype',
  'names of JavaScript’s own are names like any other: unknown where they mean nothing',
  holding(
    '[{"id":"__proto__","title":"x","dependsOn":["constructor"]},{"title":"y","__proto__":{"x":1},"toString":1}]',
  ),
);

refused('not-json', 'what is no JSON is refused by its place', holding('[{"title": "x" "y"}]'));
refused(
  'half-a-line',
  'a cut line of NDJSON is refused by its number',
  holding('{"title":"x"}\n{"title":"y"'),
);
refused('no-array', 'JSON that is no plan is refused', holding('"tasks"'));
refused('empty', 'an empty plan is refused', holding(''));
refused('no-task', 'a plan of no task is refused', holding('[]'));
refused('binary', 'bytes that are no text are refused', async (world) => {
  const file = join(world.root, 'plan.json');
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x00, 0x5b, 0xc3]));
  return run(file);
});
refused('too-many', 'a plan of more tasks than a run may hold is refused', async (world) => {
  const file = join(world.root, 'plan.ndjson');
  await writeFile(file, '{"title":"x"}\n'.repeat(TASKS_MAX + 1));
  return run(file);
});

refused('missing', 'a plan that is not there is refused by its path', (world) =>
  run(join(world.root, 'none.json')),
);

refused('folder', 'a folder is no plan', async (world) => {
  await mkdir(join(world.root, 'plans'));
  return run(join(world.root, 'plans'));
});

refused('pipe', 'a named pipe nobody writes to is refused, not waited for', async (world) => {
  await promisify(execFile)('mkfifo', [join(world.root, 'pipe')]);
  return run(join(world.root, 'pipe'));
});

// Nobody may read it from its beginning, root as little as anybody.
refused('unreadable', 'a plan that cannot be read is refused', () => run('/proc/self/mem'));

refused('huge', 'a file without end is refused, not read into memory', () => run('/dev/zero'));

end();
