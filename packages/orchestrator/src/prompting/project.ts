/**
 * What a repository says of itself, read from the objects of one commit: its files, its rules for agents, its scripts.
 * All of it is material for a prompt. Settings, hooks and commands of other agents' tools are not read at all.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader, TreeFile } from '@swarm/core/ports/git';
import { plain } from '@swarm/core/views/words';
import { headOf } from './blocks.ts';
import { shownTree } from './file-tree.ts';

/** Characters of one file of rules. */
const RULES_MAX = 8_000;
/** Characters of all of them. */
const RULES_ALL_MAX = 40_000;
/** A larger file is not rules for a reader. */
const RULES_BYTES_MAX = 256 * 1024;
/** Rules of other tools that hold for the whole repository; what comes later wins. */
const TOP_RULES = ['.github/copilot-instructions.md', '.cursorrules'];
const CURSOR_RULES = /^\.cursor\/rules\/[^/]+\.mdc?$/;
const CURSOR_RULES_MAX = 10;
const RULES = ['CLAUDE.md', 'AGENTS.md'];

const README_MAX = 4_000;
const TREE_MAX = 300;
const SCOPE_TREE_MAX = 80;
/** What a project says of what it is to be, at the top or in `docs`. */
const PAPERS = /^(?:docs\/)?(?:spec|specs|specification|features|decisions|requirements)\.(?:md|rst|txt)$/i;
const PAPERS_MAX = 4;
const COMMITS_MAX = 20;
/** Commits looked at for what changes often, and how often that is. */
const HISTORY = 200;
const HOT_MIN = 5;
const HOT_MAX = 15;
const SCRIPTS_MAX = 40;
const MANIFEST_BYTES_MAX = 1024 * 1024;
/** Commits whose listing is kept. */
const KEPT = 8;

export class Project {
  /** Looked up at each use: a role that is never asked needs none. */
  readonly #ports: { readonly reader: RepositoryReader };
  readonly #listings = new Map<CommitId, readonly TreeFile[] | undefined>();

  constructor(ports: { readonly reader: RepositoryReader }) {
    this.#ports = ports;
  }

  /** The whole tree, in at most 300 lines. */
  async tree(commit: CommitId): Promise<string> {
    const files = await this.#files(commit);
    if (!files) return `(too many files to list)\n${(await this.#ports.reader.list(commit, '')).join('\n')}`;
    return shownTree(files, TREE_MAX).join('\n') || '(the repository has no files yet)';
  }

  /** The folders a scope lies in, in few lines. */
  async around(commit: CommitId, scope: readonly string[]): Promise<string> {
    const folders = foldersOf(scope);
    const files = ((await this.#files(commit)) ?? []).filter(({ path }) =>
      folders.some((folder) => folder === '' || path.startsWith(`${folder}/`)),
    );
    return shownTree(files, SCOPE_TREE_MAX).join('\n');
  }

  async readme(commit: CommitId): Promise<string> {
    const files = (await this.#files(commit)) ?? [];
    const found = files.find(({ path, kind }) => kind === 'file' && /^readme(\.(md|rst|txt))?$/i.test(path));
    if (!found || found.bytes > MANIFEST_BYTES_MAX) return '';
    return headOf((await this.#ports.reader.read(commit, found.path)) ?? '', README_MAX);
  }

  /** Its specification, features and decisions, where it has such files: the beginning of each. */
  async papers(commit: CommitId): Promise<string> {
    const files = (await this.#files(commit)) ?? [];
    const found = files.filter(
      ({ path, kind, bytes }) => kind === 'file' && bytes <= RULES_BYTES_MAX && PAPERS.test(path),
    );
    const texts: string[] = [];
    for (const { path } of found.slice(0, PAPERS_MAX)) {
      const text = headOf((await this.#ports.reader.read(commit, path)) ?? '', README_MAX);
      if (text !== '') texts.push(`--- ${path}\n${text}`);
    }
    return texts.join('\n\n');
  }

  /** Files that many commits changed, the most changed first. Two tasks that change one of them meet there. */
  async hotFiles(commit: CommitId): Promise<string> {
    const present = new Set(((await this.#files(commit)) ?? []).map(({ path }) => path));
    const changes = await this.#ports.reader.changes(commit, HISTORY);
    return [...changes]
      .filter(([path, times]) => times >= HOT_MIN && present.has(path))
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, HOT_MAX)
      .map(([path, times]) => `${path} (${times})`)
      .join(', ');
  }

  async commits(commit: CommitId): Promise<string> {
    return (await this.#ports.reader.log(commit, COMMITS_MAX)).map((line) => plain(line, 200)).join('\n');
  }

  /** The rules for agents of the top and of every folder on the way to the scope, the nearest last. */
  async instructions(commit: CommitId, scope: readonly string[]): Promise<string> {
    const files = await this.#files(commit);
    if (!files) return '';
    const byPath = new Map(files.map((file) => [file.path, file]));
    const cursor = files.map(({ path }) => path).filter((path) => CURSOR_RULES.test(path));
    const wanted = [
      ...TOP_RULES,
      ...cursor.slice(0, CURSOR_RULES_MAX),
      ...waysTo(scope).flatMap((folder) => RULES.map((name) => (folder === '' ? name : `${folder}/${name}`))),
    ];
    const there = wanted.flatMap((path) => byPath.get(path) ?? []);
    return this.#rules(commit, there);
  }

  async #rules(commit: CommitId, files: readonly TreeFile[]): Promise<string> {
    const parts: string[] = [];
    const seen = new Set<string>();
    let left = RULES_ALL_MAX;
    // The nearest has the first claim on the room there is.
    for (const file of [...files].reverse()) {
      const why = unfit(file, left);
      const text = why
        ? ''
        : headOf((await this.#ports.reader.read(commit, file.path)) ?? '', Math.min(RULES_MAX, left));
      if (why) parts.push(`--- ${file.path}: not shown, ${why}`);
      if (text === '' || seen.has(text)) continue;
      seen.add(text);
      left -= text.length;
      parts.push(`--- ${file.path}\n${text}`);
    }
    return parts.reverse().join('\n\n');
  }

  /** Names of scripts, and what each runs, of the manifests at the top and in a scope's folders. */
  async scripts(commit: CommitId, scope: readonly string[]): Promise<string> {
    const files = (await this.#files(commit)) ?? [];
    const folders = waysTo(scope);
    const found = files.filter(
      ({ path, kind, bytes }) =>
        kind === 'file' && bytes <= MANIFEST_BYTES_MAX && folders.includes(folderOf(path)) && readerOf(path),
    );
    const lines: string[] = [];
    for (const { path } of found)
      lines.push(
        ...readerOf(path)!((await this.#ports.reader.read(commit, path)) ?? '').map((l) => `${path}: ${l}`),
      );
    return lines.slice(0, SCRIPTS_MAX).join('\n');
  }

  async #files(commit: CommitId): Promise<readonly TreeFile[] | undefined> {
    if (this.#listings.has(commit)) return this.#listings.get(commit);
    const files = await this.#ports.reader.files(commit, '');
    if (this.#listings.size >= KEPT) this.#listings.delete(this.#listings.keys().next().value!);
    this.#listings.set(commit, files);
    return files;
  }
}

function unfit({ kind, bytes }: TreeFile, left: number): string | undefined {
  if (kind !== 'file') return `it is a ${kind === 'link' ? 'symbolic link' : kind}`;
  if (bytes > RULES_BYTES_MAX) return `it has ${bytes} bytes`;
  return left <= 0 ? 'there is no room for more' : undefined;
}

/** What a scope's entries lie in: the part of each before its first glob, as a folder. */
function foldersOf(scope: readonly string[]): readonly string[] {
  const folders = scope.map((entry) => folderOf(`${entry.split(/[*?[{]/)[0]!}x`));
  return [...new Set(folders)];
}

/** The top, and every folder from there to those of the scope; a folder comes after the one it lies in. */
function waysTo(scope: readonly string[]): readonly string[] {
  const ways = foldersOf(scope).flatMap((folder) => {
    const names = folder === '' ? [] : folder.split('/');
    return names.map((_, i) => names.slice(0, i + 1).join('/'));
  });
  return ['', ...new Set(ways)];
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

// ───────────── scripts ─────────────

const COMMAND_MAX = 120;
const TARGET = /^([A-Za-z0-9][\w./-]*)\s*:(?!=)/gm;
const RECIPE = /^@?([a-z_][\w-]*)(?:[ \t][^:\n]*)?:(?!=)/gm;

function readerOf(path: string): ((text: string) => readonly string[]) | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'package.json') return packageScripts;
  if (/^(GNUm|M|m)akefile$/.test(name)) return (text) => targets(text, TARGET, 'make');
  if (/^\.?justfile$/i.test(name)) return (text) => targets(text, RECIPE, 'just');
  return undefined;
}

function packageScripts(text: string): readonly string[] {
  let scripts: unknown;
  try {
    scripts = (JSON.parse(text) as { scripts?: unknown } | null)?.scripts;
  } catch {
    return [];
  }
  if (typeof scripts !== 'object' || scripts === null) return [];
  return Object.entries(scripts)
    .filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    .map(([name, command]) => `${plain(name, 60)} = ${plain(command, COMMAND_MAX)}`);
}

const targets = (text: string, pattern: RegExp, tool: string): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].map((name) => `${tool} ${name}`);
