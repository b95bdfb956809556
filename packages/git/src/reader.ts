/** Reads commits for the planner's tools, from objects, never from a checkout. Arguments are a model's words. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader, TreeFile } from '@swarm/core/ports/git';
import type { HubContext } from './context.ts';
import { TOO_MUCH } from './git.ts';
import { kindOf, type Listing, listingFrom } from './tree-listing.ts';

/** Largest file shown, in bytes; a larger one is an error that says so. */
const FILE_MAX = 4 * 1024 * 1024;
const OUTPUT_MAX = 16 * 1024 * 1024;
const TIMEOUT_MS = 20_000;
const LOG_MAX = 500;
const MISSING = 128;

type Place = Pick<HubContext, 'git' | 'hub'>;

export class ObjectReader implements RepositoryReader {
  readonly #hub: Place & Partial<HubContext>;
  /** Of the whole tree that was listed last. */
  #listing: Listing | undefined;

  /** Any git directory: `hub` names it. Of an open hub a new base is listed from the last one. */
  constructor(hub: Place | HubContext) {
    this.#hub = hub;
  }

  /** Entries of a folder, folders with a `/` at the end; none when there is no such folder. */
  async list(commit: CommitId, path: string): Promise<readonly string[]> {
    const format = '--format=%(objecttype) %(path)';
    const args = [format, '-z', '--full-tree', '--end-of-options', `${commit}:${plainPath(path)}`];
    const found = await this.#ask('ls-tree', args, [0, MISSING]);
    if (found.code !== 0) return [];
    return nul(found.stdout).map((row) => {
      const [type = '', name] = [row.slice(0, row.indexOf(' ')), row.slice(row.indexOf(' ') + 1)];
      return type === 'tree' ? `${name}/` : name;
    });
  }

  /** Paths from the top of the tree, whatever folder was asked for. */
  async files(commit: CommitId, path: string): Promise<readonly TreeFile[] | undefined> {
    const { objects, diffs } = this.#hub;
    if (!objects || !diffs || path !== '') return this.#filesOf(commit, path);
    const { tree } = await objects.commit(commit);
    const known = this.#listing && (await listingFrom({ objects, diffs }, this.#listing, tree));
    const files = known ?? (await this.#filesOf(commit, ''));
    if (files) this.#listing = { tree, files };
    return files;
  }

  async #filesOf(commit: CommitId, path: string): Promise<readonly TreeFile[] | undefined> {
    const format = '--format=%(objectmode) %(objectsize) %(path)';
    const where = plainPath(path);
    const args = ['-r', format, '-z', '--full-tree', '--end-of-options', `${commit}:${where}`];
    const found = await this.#ask('ls-tree', args, [0, MISSING]).catch((error: unknown) => {
      if (error instanceof SwarmError && error.problems[0]?.code === 'SW0702') return undefined;
      throw error;
    });
    if (!found) return undefined;
    return found.code === 0 ? nul(found.stdout).map((row) => treeFile(row, where)) : [];
  }

  /** A file's text; undefined when there is none, or it is a folder or binary. */
  async read(commit: CommitId, path: string): Promise<string | undefined> {
    const name = `${commit}:${plainPath(path)}`;
    const found = await this.#ask('cat-file', ['blob', name], [0, MISSING], FILE_MAX);
    return found.code !== 0 || found.stdout.includes(0) ? undefined : found.stdout.toString();
  }

  /** `path:line:text` of every match of an extended regular expression. A bad expression is SW0702. */
  async grep(commit: CommitId, pattern: string, path?: string): Promise<readonly string[]> {
    const where = path === undefined ? [] : [plainPath(path)].filter((p) => p !== '');
    const flags = ['-I', '-n', '-E', '--no-color', '--no-textconv', '--max-count=200', '--full-name'];
    const found = await this.#ask('grep', [...flags, '-e', pattern, commit, '--', ...where], [0, 1]);
    return lines(found.stdout).map((line) => line.slice(commit.length + 1));
  }

  /** One line a commit: short name, date, author, subject; newest first. */
  async log(commit: CommitId, limit: number, path?: string): Promise<readonly string[]> {
    const where = path === undefined ? [] : [plainPath(path)].filter((p) => p !== '');
    const count = Math.max(1, Math.min(LOG_MAX, Math.floor(limit) || 1));
    const flags = ['--format=%h %as %an: %s', '--no-color', `--max-count=${count}`, '--no-show-signature'];
    return lines(
      (await this.#ask('log', [...flags, '--end-of-options', commit, '--', ...where], [0])).stdout,
    );
  }

  /** Merges count through what they merge. */
  async changes(commit: CommitId, commits: number): Promise<ReadonlyMap<string, number>> {
    const flags = ['--format=', '--name-only', '-z', '--no-renames', '--no-merges', `--max-count=${commits}`];
    const args = [...flags, '--no-show-signature', '--end-of-options', commit, '--'];
    const times = new Map<string, number>();
    const found = await this.#ask('log', args, [0]).catch((error: unknown) => {
      if (error instanceof SwarmError && error.problems[0]?.why === TOO_MUCH) return undefined;
      throw error;
    });
    for (const path of found ? nul(found.stdout) : []) times.set(path, (times.get(path) ?? 0) + 1);
    return times;
  }

  #ask(command: 'ls-tree' | 'cat-file' | 'grep' | 'log', args: string[], codes: number[], max = OUTPUT_MAX) {
    const options = { codes, maxBytes: max, timeoutMs: TIMEOUT_MS };
    return this.#hub.git.run(this.#hub.hub, command, args, options);
  }
}

const ROW = /^([0-7]+) +(\d+|-) ([\s\S]*)$/;

function treeFile(row: string, folder: string): TreeFile {
  const [, mode = '', size = '', name = ''] = ROW.exec(row) ?? [];
  const path = folder === '' ? name : `${folder}/${name}`;
  return { path, kind: kindOf(mode), bytes: size === '-' ? 0 : Number(size) };
}

/** A relative path inside the tree; `.` and `` are the top. Anything that climbs is SW0105. */
function plainPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!path.startsWith('/') && !parts.includes('..') && !path.includes('\0')) return parts.join('/');
  throw new SwarmError({
    code: 'SW0105',
    what: `the path ${JSON.stringify(path.slice(0, 200))} does not lie inside the repository`,
    fix: 'give a path relative to the top of the repository',
  });
}

const lines = (bytes: Buffer): string[] =>
  bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
const nul = (bytes: Buffer): string[] =>
  bytes
    .toString()
    .split('\0')
    .filter((row) => row !== '');
