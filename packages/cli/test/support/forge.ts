/**
 * A forge of a world's own: its REST by the fake, its repositories as real ones of git over HTTP at the same address. Only who
 * has a token that may push gets a pack in; a protected branch takes nothing but a merge.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import {
  FakeForge,
  type FakeForgeOptions,
  type FakeRefs,
  type FakeRepository,
  type MergeWay,
} from '@swarm/testkit';
import type { Owner, World } from './world.ts';

export interface ForgeWorld {
  readonly fake: FakeForge;
  readonly repository: FakeRepository;
  readonly slug: string;
  /** What the program is started with to know the forge and its token. */
  readonly env: Record<string, string>;
  readonly token: string;
  /** In the repository that takes the change. */
  git(...args: string[]): Promise<string>;
  /** Another repository of it. */
  add(slug: string, parent?: string): Promise<FakeRepository>;
  /** Nobody pushes there; it is merged into. */
  protect(branch: string, ...required: string[]): Promise<void>;
}

export const TOKEN = 'ghp_2Yq8sWm4Tn6Lk0Rj9Vx3Bf5Hd7Gc1Pz';
const SLUG = 'acme/shop';

/** The world's repository knows it as `origin`. */
export async function withForge(
  t: Owner,
  world: World,
  dialect: NonNullable<FakeForgeOptions['dialect']> = 'github',
): Promise<ForgeWorld> {
  const root = join(world.root, 'forge');
  await mkdir(root, { recursive: true });
  const fake = await FakeForge.start({
    dialect,
    beside: (request, response) => gitHttp(world, root, fake, request, response),
  });
  t.after(() => fake.close());
  const add = async (slug: string, parent?: string): Promise<FakeRepository> => {
    const path = join(root, `${slug}.git`);
    await mkdir(dirname(path), { recursive: true });
    await world.gitIn(world.root, 'clone', '--quiet', '--bare', world.repository, path);
    await world.gitIn(path, 'config', 'http.receivepack', 'true');
    const repository = fake.add(slug, new GitRefs(world, path), parent);
    repository.access.set('owner', 'admin');
    return repository;
  };
  const repository = await add(SLUG);
  fake.state.tokens.set(TOKEN, 'owner');
  await world.git('remote', 'add', 'origin', `${fake.web}/${SLUG}.git`);
  const path = join(root, `${SLUG}.git`);
  const env: Record<string, string> =
    dialect === 'github'
      ? { GITHUB_SERVER_URL: fake.web, GITHUB_API_URL: fake.api, GITHUB_TOKEN: TOKEN }
      : { CI_SERVER_URL: fake.web, CI_API_V4_URL: fake.api, GITLAB_TOKEN: TOKEN };
  return {
    fake,
    repository,
    slug: SLUG,
    env,
    token: TOKEN,
    git: (...args) => world.gitIn(path, ...args),
    add,
    async protect(branch, ...required) {
      repository.required.set(branch, required);
      const hook = join(path, 'hooks', 'pre-receive');
      await mkdir(dirname(hook), { recursive: true });
      const script = `#!/bin/sh\nwhile read -r _ _ ref; do [ "$ref" != refs/heads/${branch} ] || { echo "protected branch hook declined" >&2; exit 1; }; done\n`;
      await writeFile(hook, script);
      await chmod(hook, 0o755);
    },
  };
}

/** Branches of a real repository; it merges as the buttons of a page do. */
class GitRefs implements FakeRefs {
  readonly #world: World;
  readonly #path: string;

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  async head(branch: string): Promise<string | undefined> {
    const args = ['for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`];
    return (await this.#world.gitIn(this.#path, ...args)) || undefined;
  }

  async remove(branch: string): Promise<void> {
    await this.#world.gitIn(this.#path, 'update-ref', '-d', `refs/heads/${branch}`);
  }

  async merge(base: string, commit: string, how: MergeWay, message: string): Promise<string | undefined> {
    const work = join(this.#world.root, 'forge-merge');
    await rm(work, { recursive: true, force: true });
    await this.#world.gitIn(this.#world.root, 'clone', '--quiet', '--branch', base, this.#path, work);
    const git = (...args: string[]) => this.#world.gitIn(work, ...args);
    await git('fetch', '--quiet', 'origin', commit);
    try {
      if (how === 'merge') await git('merge', '--quiet', '--no-ff', '-m', message, commit);
      if (how === 'squash') {
        await git('merge', '--quiet', '--squash', commit);
        await git('commit', '--quiet', '-m', message);
      }
      if (how === 'rebase') {
        await git('checkout', '--quiet', '--detach', commit);
        await git('rebase', '--quiet', '--force-rebase', `origin/${base}`);
      }
    } catch {
      return undefined;
    }
    await this.#world.gitIn(this.#path, 'fetch', '--quiet', work, `HEAD:refs/heads/${base}`);
    return this.head(base);
  }
}

/** Git's own server. Whoever pushes says who they are, as git sends it: name and token. */
function gitHttp(
  world: World,
  root: string,
  fake: FakeForge,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { pathname, search } = new URL(request.url!, 'http://forge.test');
  const slug = /^\/(.+?)\.git\//.exec(pathname)?.[1] ?? '';
  const given = request.headers.authorization?.replace(/^Basic /, '') ?? '';
  const token = Buffer.from(given, 'base64').toString().split(':')[1];
  const login = token === undefined ? undefined : fake.state.tokens.get(token);
  const repository = fake.state.find(slug);
  const isPush = `${pathname}${search}`.includes('git-receive-pack');
  if (!repository || (isPush && login === undefined)) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end('say who you are\n');
    return;
  }
  if (isPush && !fake.state.mayPush(repository, login!)) {
    response.writeHead(403).end('you may not push here\n');
    return;
  }
  const backend = spawn('git', ['http-backend'], {
    env: world.environment({
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method!,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: login ?? '',
      REMOTE_ADDR: '127.0.0.1',
    }),
  });
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  const answer: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => answer.push(chunk));
  backend.on('close', () => {
    const all = Buffer.concat(answer);
    const end = all.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of all.toString('latin1', 0, Math.max(0, end)).split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name === 'Status') status = Number.parseInt(value, 10);
      else if (name) response.setHeader(name, value);
    }
    response.writeHead(status).end(all.subarray(end + 4));
  });
}
