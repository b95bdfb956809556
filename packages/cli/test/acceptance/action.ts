/**
 * `pnpm test:action`: the Action's own steps in a Debian that holds nothing but its base, git and bubblewrap, as root, on a
 * shallow checkout of a forge's repository, with a model that plays. Needs root, debootstrap and Debian's packages; minutes.
 * SWARM_ROOT names such a root that is there already.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as bicycle from '../support/bicycle.ts';
import { withForge } from '../support/forge.ts';
import { startModelServer } from '../support/model-server.ts';
import { World } from '../support/world.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const ENTER = [
  'mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/tmp"',
  'cd "$1" && mkdir -p .old && pivot_root . .old && umount -l /.old && shift && exec "$@"',
].join(' && ');

const after: (() => Promise<void> | void)[] = [];
const owner = { after: (step: () => Promise<void>) => void after.push(step) };
try {
  await main();
  console.log('1 passed, 0 failed');
} finally {
  for (const step of after.toReversed()) await step();
}

async function main(): Promise<void> {
  const root = process.env.SWARM_ROOT ?? debian();
  const packed = execFileSync('node', [join(ROOT, 'scripts/pack-cli.ts')], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .at(-1)!;
  const world = await World.with(owner, bicycle.FILES);
  for (const word of ['one', 'two', 'three']) await world.commit({ 'list.txt': `${word}\n` }, `Say ${word}`);
  const forge = await withForge(owner, world);
  forge.fake.state.openIssue(forge.repository, {
    title: 'We need a bell',
    author: 'owner',
    labels: ['swarm'],
  });
  const server = await startModelServer(owner as never, (call) =>
    call.isWorker ? bicycle.workerAnswer(call) : bicycle.plannerAnswer(call, ['bell']),
  );
  for (const folder of ['opt/node', 'action', 'work', 'runner']) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(process.execPath, join(root, 'opt/node/node'));
  chmodSync(join(root, 'opt/node/node'), 0o755);
  cpSync(join(ROOT, 'infra/action'), join(root, 'action'), { recursive: true });
  copyFileSync(packed, join(root, 'action', basename(packed)));
  const shop = join(root, 'work/shop');
  await world.gitIn(world.root, 'clone', '--quiet', '--depth', '1', `${forge.fake.web}/acme/shop.git`, shop);
  // A checkout of the Action's has a history of one, and another owner than who works there.
  execFileSync('chown', ['-R', '1234:1234', shop]);
  assert.ok(existsSync(join(shop, '.git/shallow')), 'the checkout is a shallow one');

  const env = {
    PATH: '/opt/node:/usr/local/bin:/usr/bin:/bin',
    HOME: '/root',
    ...forge.env,
    ...bicycle.modelEnvironment(server.url),
    RUNNER_TEMP: '/runner',
    GITHUB_WORKSPACE: '/work/shop',
    GITHUB_OUTPUT: '/runner/output',
    GITHUB_STEP_SUMMARY: '/runner/summary.md',
    SWARM_PACKAGE: `/action/${basename(packed)}`,
    SWARM_ISSUE: '1',
    SWARM_BUDGET: '1Mtok',
    SWARM_ARGUMENTS: `--gate\n${bicycle.GATE}\n--setup\nnone`,
  };
  const code = await inside(root, env, ['bash', '/action/run.sh']);

  assert.equal(code, 0);
  const [pull] = forge.repository.pulls;
  assert.match(await forge.git('show', `${pull!.headBranch}:parts/bell.txt`), /bell/);
  const output = readFileSync(join(root, 'runner/output'), 'utf8');
  assert.match(output, new RegExp(`^run=r-\\S+\nurl=${forge.fake.web}/acme/shop/pull/2\n$`));
  assert.match(readFileSync(join(root, 'runner/summary.md'), 'utf8'), /Add bell/);
  for (const file of ['report.json', 'report.md', 'log.txt'])
    assert.ok(!readFileSync(join(root, 'runner/swarm-artifacts', file), 'utf8').includes(forge.token));
}

function debian(): string {
  const root = mkdtempSync(join(tmpdir(), 'swarm-root-'));
  after.push(() => rmSync(root, { recursive: true, force: true }));
  const include = '--include=git,ca-certificates,bubblewrap';
  execFileSync('debootstrap', ['--variant=minbase', include, 'bookworm', root], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(join(root, 'etc/resolv.conf'), '');
  return root;
}

/** As a machine of its own would run it: another root, other processes, the same network for the forge and the model. */
async function inside(root: string, env: Record<string, string>, words: readonly string[]): Promise<number> {
  const args = [
    '--mount',
    '--pid',
    '--fork',
    '--propagation',
    'private',
    'sh',
    '-c',
    ENTER,
    'sh',
    root,
    ...words,
  ];
  const child = spawn('/usr/bin/unshare', args, {
    env: { ...env, PATH: `${env.PATH}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number];
  return code;
}
