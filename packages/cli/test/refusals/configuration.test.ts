/** What is wrong in configuration and flags, all of it at once, by file and key or by flag. */
import { join } from 'node:path';
import type { World } from '../support/world.ts';
import { topic } from './refused.ts';

const { refused, end } = topic('configuration');
const ADD = [{ title: 'Add x', description: 'echo x > x.txt' }];

const planned = async (world: World, ...more: string[]) => ({
  args: await world.plan(ADD, '--gate', 'true', ...more),
});

/** A swarm.toml in the checkout, not committed: it is read from the work tree. */
const written = (toml: string) => async (world: World) => {
  await world.write({ 'swarm.toml': toml });
  return planned(world);
};

refused(
  'toml-syntax',
  'a swarm.toml that is no TOML is refused by line and column',
  written('target = "main"\n[workers]\nmax = = 3\n'),
);

refused(
  'mistakes',
  'unknown keys and ill-typed values are refused all at once, with what was meant',
  written(`tagret = "main"
nothing_like_it = 1
[workers]
max = "eight"
wokers = 3
sandbox = "dokcer"
[gate]
timeout = "soon"
command = ["make", "check"]
[budget]
usd = -1
[[endpoints]]
name = "a"
base_url = "not a url with hunter2 in it"
[[endpoints]]
name = "a"
base_url = "https://a.test/v1"
`),
);

refused(
  'control-characters',
  'what a configuration says cannot reach the terminal as a control sequence',
  written('target = "main\\u001b[2J\\u202e"\n"\\u001b]0;x\\u0007" = 1\n'),
);

refused('operator-file', 'a mistake in the operator’s own file is told by that file', async (world) => {
  await world.configure('[gate]\npolicy = "btach"');
  return planned(world);
});

refused('agent-without-command', 'a command agent without a command is refused', async (world) => {
  await world.configure();
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(world.root, 'config', 'swarm', 'config.toml'), '');
  return planned(world);
});

refused(
  'pull-request-without-remote',
  'a pull request without a remote is refused, with all else that is wrong',
  (world) => planned(world, '--deliver', 'pr', '--sandbox', 'docker'),
);

refused('agent-not-installed', 'an agent that is not installed is refused with what installs it', (world) =>
  planned(world, '--agent', 'opencode,pi'),
);

const BAD: readonly (readonly [flag: string, values: readonly string[]])[] = [
  ['workers', ['0', '-1', '1e9', '1000000000', 'NaN', '']],
  [
    'budget',
    ['5', '-5usd', '0usd', '5usd,6usd', '1e400usd', 'NaNusd', '999999999999999999999Gtok', '1tok,', ''],
  ],
  ['time', ['5', '-5m', '0s', '99999999999d', 'soon', '']],
];
for (const [flag, values] of BAD) {
  refused(flag, `--${flag} that is no such limit is refused with what may be said`, async (world) => {
    const { args } = await planned(world);
    return values.map((value) => ({ args: [...args, `--${flag}`, value] }));
  });
}

end();
