import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { controlSocketPath } from './control-socket.ts';
import { excludeRuns, findRepository, operatorConfigFile, repositoryPaths, stateHome } from './paths.ts';

const root = await mkdtemp(join(tmpdir(), 'swarm-paths-'));
after(() => rm(root, { recursive: true }));
const run = 'r-20261121-k3f7' as RunId;

test('state lies in the XDG state directory, outside the repository', async () => {
  await mkdir(join(root, 'shop.git'));
  const env = { HOME: '/h', XDG_STATE_HOME: join(root, 'state') };
  const paths = await repositoryPaths(join(root, 'shop.git'), true, env);
  assert.match(paths.state, new RegExp(`^${root}/state/swarm/shop-[0-9a-f]{12}$`));
  assert.equal(paths.runs, join(paths.state, 'runs'));
  const same = await repositoryPaths(join(root, 'shop.git'), false, env);
  assert.equal(same.runs, join(root, 'shop.git', '.swarm', 'runs'));
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

test('the control socket’s path is short however deep everything lies, and private', async () => {
  const deep = join(root, 'd'.repeat(90));
  await mkdir(deep);
  const paths = await repositoryPaths(deep, false, { HOME: root });
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: deep });
  assert.ok(Buffer.byteLength(socket) <= 103, socket);
  assert.match(
    await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: root }),
    new RegExp(`^${root}/swarm/.+k3f7\\.sock$`),
  );
});

test('a runtime folder that is named and not there is passed over, and not made', async () => {
  const paths = await repositoryPaths(root, false, { HOME: root });
  const gone = join(root, 'gone');
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: gone });
  assert.ok(!socket.startsWith(gone), socket);
  await assert.rejects(stat(gone), /ENOENT/);
});

test('a socket folder that others can open, or made first, is passed over for one that is private', async () => {
  const open = join(root, 'runtime');
  await mkdir(join(open, 'swarm'), { recursive: true });
  await chmod(join(open, 'swarm'), 0o777);
  const paths = await repositoryPaths(root, false, { HOME: root });
  const socket = await controlSocketPath(paths, run, { XDG_RUNTIME_DIR: open });
  assert.ok(!socket.startsWith(open), socket);
  const { mode } = await stat(dirname(socket));
  assert.equal(mode & 0o077, 0);
});

test('runs are kept out of git status once, after whatever the file says', async () => {
  await mkdir(join(root, 'git', 'info'), { recursive: true });
  const file = join(root, 'git', 'info', 'exclude');
  await writeFile(file, '*.log');
  assert.deepEqual(
    [await excludeRuns(join(root, 'git')), await excludeRuns(join(root, 'git'))],
    [true, false],
  );
  assert.equal(await readFile(file, 'utf8'), '*.log\n/.swarm/runs/\n');
});
