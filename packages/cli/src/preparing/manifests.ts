/** Gathers what detection reads: the manifests of the folder somebody stands in and of those around it. */
import { Git } from '@swarm/git';
import type { Folder } from '../config/detecting/folder.ts';
import { REQUIREMENTS } from '../config/detecting/python-needs.ts';

/** Folders whose names say something: of tests, of tools that a project carries. */
const LOOKED_INTO = ['tests', 'test', 'spec', 'requirements', 'bin', 'vendor', '.yarn/releases'];
/** Files whose text says something; of any other its being there is enough. */
const READ = [
  ...['package.json', '.npmrc', '.yarnrc.yml', 'bunfig.toml', 'deno.json', 'deno.jsonc'],
  ...['pyproject.toml', 'setup.cfg', 'tox.ini', ...REQUIREMENTS],
  ...['Cargo.toml', 'go.mod', 'go.work', 'composer.json', 'CMakeLists.txt'],
  ...['GNUmakefile', 'makefile', 'Makefile', 'justfile', 'Justfile', '.justfile'],
];
/** Manifests are written by hand; what is larger is none. */
const MANIFEST_MAX_BYTES = 1 << 20;
const LISTING_MAX_BYTES = 16 << 20;
/** Folders between the one somebody stands in and the top. */
const MOST_FOLDERS = 16;
/** A name with anything else is in no project's manifest, and none of it is ever shown or typed. */
const PLAIN_NAME = /^[^\p{Cc}\p{Cf}]{1,255}$/u;
const PLAIN_PATH = /^[\w@+.-][\w@+. -]{0,100}(?:\/[\w@+.-][\w@+. -]{0,100})*$/;

/** @param within where somebody stands, from the top. Returns that folder first, the top last. */
export async function foldersAt(gitDir: string, commit: string, within: string): Promise<readonly Folder[]> {
  const parts = PLAIN_PATH.test(within) ? within.split('/').slice(0, MOST_FOLDERS) : [];
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const folders = await Promise.all([...paths, ''].map((path) => folderAt(gitDir, commit, path)));
  return folders.filter(({ names, path }) => path === '' || names.size > 0);
}

async function folderAt(gitDir: string, commit: string, path: string): Promise<Folder> {
  const tree = `${commit}:${path}`;
  const top = await listed(gitDir, tree, []);
  const below = LOOKED_INTO.filter((name) => top.includes(name.split('/', 1)[0]!));
  const nested =
    below.length === 0 ? [] : await listed(gitDir, tree, ['--', ...below.map((name) => `${name}/`)]);
  const names = new Set([...top, ...nested].filter((name) => PLAIN_NAME.test(name)));
  const texts = await Promise.all(
    READ.filter((name) => names.has(name)).map(
      async (name) => [name, await textAt(gitDir, `${tree}${path && '/'}${name}`)] as const,
    ),
  );
  return {
    path,
    names,
    texts: new Map(texts.filter((one): one is [string, string] => one[1] !== undefined)),
  };
}

/** Empty where there is no such folder, or more in it than any project has. */
const listed = (gitDir: string, tree: string, more: readonly string[]): Promise<readonly string[]> =>
  new Git()
    .run({ gitDir }, 'ls-tree', ['-z', '--name-only', '--full-tree', tree, ...more], {
      codes: [0, 128],
      maxBytes: LISTING_MAX_BYTES,
    })
    .then(({ code, stdout }) => (code === 0 ? stdout.toString('utf8').split('\0').filter(Boolean) : []))
    .catch(() => []);

const textAt = (gitDir: string, object: string): Promise<string | undefined> =>
  new Git()
    .run({ gitDir }, 'cat-file', ['blob', object], { codes: [0, 128], maxBytes: MANIFEST_MAX_BYTES })
    .then(({ code, stdout }) => (code === 0 ? stdout.toString('utf8') : undefined))
    .catch(() => undefined);
