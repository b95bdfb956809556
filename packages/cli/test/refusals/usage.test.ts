/** A command line that cannot be understood: what was meant is named, and nothing is guessed. */
import { join } from 'node:path';
import { withModels } from './models.ts';
import { topic } from './refused.ts';

const { refused, end } = topic('usage');
const typed =
  (...args: string[]) =>
  () => ({ args });

refused('unknown-flag', 'an unknown flag is refused with what was meant', typed('run', '--wokers', '3'));
refused(
  'unknown-flag-far',
  'a flag like no other is refused with where the flags are listed',
  typed('status', '--frobnicate'),
);
refused('unknown-command', 'an unknown command is refused with what was meant', typed('statsu'));
refused('unknown-command-far', 'a command like no other is refused', typed('frobnicate'));
refused('missing-argument', 'a missing argument is named', typed('explain'));
refused('missing-value', 'a flag without its value is named', typed('run', 'x', '--workers'));
refused('argument-too-many', 'an argument too many is refused, not dropped', typed('status', 'now'));
refused(
  'bad-choice',
  'a value that is none of the choices is refused with the choices',
  typed('report', '--format', 'pdf'),
);
refused(
  'unknown-event',
  'a pattern no event can match is refused, not waited for',
  typed('logs', '--event', 'landings'),
);
refused('bad-task-filter', 'logs of what is no task’s id are refused', typed('logs', '--task', 'twelve'));

refused('no-request', 'without a request there is nothing to do', async (_, t) => ({
  args: ['run', '--gate', 'true'],
  env: await withModels(t, 'm'),
}));

refused('blank-request', 'a request of blanks alone is none', async (_, t) => ({
  args: ['run', '  ', '--gate', 'true'],
  env: await withModels(t, 'm'),
}));

refused('no-request-file', 'a request file that is not there is refused by its path', async (world, t) => ({
  args: ['run', '--request-file', join(world.root, 'none.md'), '--gate', 'true'],
  env: await withModels(t, 'm'),
}));

refused('approve-unasked', 'a plan that waits for a yes needs somebody to say it', async (_, t) => ({
  args: ['run', 'x', '--approve', '--gate', 'true'],
  env: await withModels(t, 'm'),
}));

refused(
  'everything',
  'several mistakes are all told, and the first kind in the list is the exit code',
  async (world) => {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(world.root, 'plan.json'), '[{"title":""}]');
    return { args: ['run', '--plan', join(world.root, 'plan.json'), '--target', 'nowhere'] };
  },
);

end();
