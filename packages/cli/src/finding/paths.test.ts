import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import type { RunId } from '@swarm/core/model/ids';
import { controlSocketPath } from './control-socket.ts';
import { findRepository, operatorConfigFile, repositoryPaths, stateHome } from './paths.ts';

const exec = promisify(execFile);
const root = await mkdtemp(join(tmpdir(), 'swarm-paths-'));
after(() => rm(root, { recursive: true }));
const run = 'r-20261121-k3f7' as RunId;

const { PATH } = process.env;
const git = (...args: string[]) => exec('git', args, { cwd: root, env: { PATH, HOME: root } });
const repository = async (name: string): Promise<string> => {
  await git('init', '--quiet', name);
  return join(root, name);
};

test('state lies in the XDG state directory, and so do the runs of a bare repository', async () => {
  await git('init', '--quiet', '--bare', 'shop.git');
  const env = { PATH, HOME: '/h', XDG_STATE_HOME: join(root, 'state') };
  const paths = await repositoryPaths(join(root, 'shop.git'), true, env);
  assert.match(paths.state, new RegExp(`^${root}/state/swarm/shop-[0-9a-f]{12}$`));
  assert.equal(paths.runs, join(paths.state, 'runs'));
});

test('runs lie in the git directory that all work trees share, wherever .git says it is', async () => {
  const env = { PATH, HOME: root };
  const shop = await repository('shop');
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  await git('-C', shop, ...author, 'commit', '--quiet', '--allow-empty', '-m', 'First');
  await git('-C', shop, 'worktree', 'add', '--quiet', join(root, 'linked'));
  await git('init', '--quiet', '--separate-git-dir', join(root, 'elsewhere'), join(root, 'apart'));
  const runsOf = async (name: string) => (await repositoryPaths(join(root, name), false, env)).runs;
  assert.equal(await runsOf('shop'), join(shop, '.git', 'swarm', 'runs'));
  assert.equal(await runsOf('linked'), join(shop, '.git', 'swarm', 'runs'));
  assert.equal(await runsOf('apart'), join(root, 'elsewhere', 'swarm', 'runs'));
});

test('without XDG variables, and with relative ones, the home folder counts', () => {
  assert.equal(stateHome({ HOME: '/h' }), '/h/.local/state/swarm');
  assert.equal(stateHome({ HOME: '/h', XDG_STATE_HOME: 'rel' }), '/h/.local/state/swarm');
  assert.equal(operatorConfigFile({ HOME: '/h', XDG_CONFIG_HOME: '/c' }), '/c/swarm/config.toml');
});

test('a repository is found from any folder inside it, a bare one too', async () => {
  const inside = join(root, 'work', 'a', 'b');
  await mkdir(inside, { recursive: true });
  await writeFile(join(root, 'work', '.git'), 'gitdir: elsewhere\n');
  assert.deepEqual(await findRepository(inside), { path: join(root, 'work'), isBare: false });
  for (const name of ['objects', 'refs/heads']) await mkdir(join(root, 'bare', name), { recursive: true });
  await writeFile(join(root, 'bare', 'HEAD'), 'ref: refs/heads/main\n');
  assert.deepEqual(await findRepository(join(root, 'bare', 'refs')), {
    path: join(root, 'bare'),
    isBare: true,
  });
});

test('whoever stands in a run’s folder stands in the repository it is a run of', async () => {
  const path = await repository('stand');
  const inside = join(path, '.git', 'swarm', 'runs', run);
  await mkdir(inside, { recursive: true });
  assert.deepEqual(await findRepository(inside), { path, isBare: false });
});

test('the control socket’s path is short however deep everything lies, and private', async () => {
  const deep = await repository('d'.repeat(90));
  const paths = await repositoryPaths(deep, false, { PATH, HOME: root });
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: deep });
  assert.ok(Buffer.byteLength(socket) <= 103, socket);
  assert.match(
    await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: root }),
    new RegExp(`^${root}/swarm/.+k3f7\\.sock$`),
  );
});

test('a runtime folder that is named and not there is passed over, and not made', async () => {
  const paths = await repositoryPaths(await repository('ours'), false, { PATH, HOME: root });
  const gone = join(root, 'gone');
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: gone });
  assert.ok(!socket.startsWith(gone), socket);
  await assert.rejects(stat(gone), /ENOENT/);
});

test('a socket folder that others can open, or made first, is passed over for one that is private', async () => {
  const open = join(root, 'runtime');
  await mkdir(join(open, 'swarm'), { recursive: true });
  await chmod(join(open, 'swarm'), 0o777);
  const paths = await repositoryPaths(await repository('ours'), false, { PATH, HOME: root });
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: open });
  assert.ok(!socket.startsWith(open), socket);
  const { mode } = await stat(dirname(socket));
  assert.equal(mode & 0o077, 0);
});
