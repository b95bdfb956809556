/**
 * Finds this run's landings in the target's history: git is the truth for "landed". Only a trailer block at the
 * very end of a message counts, so that words of an agent further up cannot pass for a landing.
 */
import {
  type CommitId,
  parseAttemptId,
  parseTaskId,
  type RunId,
  type TaskId,
  taskOf,
} from '@swarm/core/model/ids';
import type { LandedMark, UndoneMark } from '@swarm/core/ports/git';
import type { HubContext } from './context.ts';
import { forkOfLines } from './fork.ts';
import { expectObject, splitNul } from './git.ts';

const TRAILER = /^([A-Za-z][A-Za-z0-9-]*): (\S.*)$/;

/** The landing a commit message declares for `run`; undefined when its last paragraph is not exactly that. */
export function markOf(run: RunId, commit: CommitId, message: string): LandedMark | undefined {
  const trailers = trailersOf(message);
  const only = (key: string) => onlyOne(trailers?.get(key));
  const task = parseTaskId(only('Swarm-Task') ?? '');
  const attempt = parseAttemptId(only('Swarm-Attempt') ?? '');
  if (!task || !attempt || only('Swarm-Run') !== run || taskOf(attempt) !== task) return undefined;
  return { run, task, attempt, commit };
}

/** The undo a commit message declares for `run`: one `Swarm-Undoes` for each landing it takes back. */
export function undoneMarkOf(run: RunId, commit: CommitId, message: string): UndoneMark | undefined {
  const trailers = trailersOf(message);
  const named = trailers?.get('Swarm-Undoes') ?? [];
  const tasks = named.map(parseTaskId).filter((task): task is TaskId => task !== undefined);
  const isWhole = tasks.length > 0 && tasks.length === named.length && !trailers?.has('Swarm-Task');
  return isWhole && onlyOne(trailers?.get('Swarm-Run')) === run ? { run, tasks, commit } : undefined;
}

export const onlyOne = (values: readonly string[] | undefined): string | undefined =>
  values?.length === 1 ? values[0] : undefined;

/** Values by key, in order; undefined when the last paragraph holds anything but trailers. */
export function trailersOf(message: string): ReadonlyMap<string, readonly string[]> | undefined {
  const found = new Map<string, string[]>();
  for (const line of lastParagraph(message)) {
    const [, key = '', value = ''] = TRAILER.exec(line) ?? [];
    if (key === '') return undefined;
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}

/** A message of one paragraph is a subject; it has no trailers. */
function lastParagraph(message: string): string[] {
  const paragraphs = message.trimEnd().split(/\n[ \t]*\n/);
  return paragraphs.length < 2 ? [''] : (paragraphs.at(-1) ?? '').replace(/^\n+/, '').split('\n');
}

type Mark = LandedMark | UndoneMark;

/** Commits read one by one before git is asked for all. */
const LINE_MAX = 64;
/** Commits read of each side before git is asked whether one descends from the other. */
const WALK_MAX = 512;

/** Remembers how far it has read, so that asking again costs the new commits only. */
export class LandedScanner {
  readonly #hub: HubContext;
  #seen: { base: CommitId; head: CommitId; marks: readonly Mark[] } | undefined;

  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  async since(base: CommitId, head: CommitId): Promise<readonly LandedMark[]> {
    return (await this.#marks(base, head)).flatMap((mark) => ('task' in mark ? mark : []));
  }

  async undoneSince(base: CommitId, head: CommitId): Promise<readonly UndoneMark[]> {
    return (await this.#marks(base, head)).flatMap((mark) => ('tasks' in mark ? mark : []));
  }

  async #marks(base: CommitId, head: CommitId): Promise<readonly Mark[]> {
    const known = this.#seen?.base === base ? this.#seen : undefined;
    if (known?.head === head) return known.marks;
    const grown = known && (await this.#grownBy(known.head, head));
    const marks = known && grown ? [...known.marks, ...grown] : await this.#scan(base, head);
    this.#seen = { base, head, marks };
    return marks;
  }

  /** What came since, oldest first. What was read before holds only while history grows: else undefined. */
  async #grownBy(seen: CommitId, head: CommitId): Promise<Mark[] | undefined> {
    const line = await this.#lineDown(head, seen);
    if (line) return line;
    return (await isAncestor(this.#hub, seen, head)) ? this.#scan(seen, head) : undefined;
  }

  /** Read commit by commit while it is one short line; undefined when git must look. */
  async #lineDown(head: CommitId, seen: CommitId): Promise<Mark[] | undefined> {
    const marks: Mark[] = [];
    let at = head;
    for (let steps = 0; at !== seen; steps++) {
      const [object] = await this.#hub.objects.contents([at]);
      const { parents, message } = this.#hub.objects.parse(at, object!.body);
      if (steps === LINE_MAX || parents.length !== 1 || message === undefined) return undefined;
      const mark = this.#read(at, message);
      if (mark) marks.push(mark);
      at = parents[0]!;
    }
    return marks.reverse();
  }

  /** `--grep` only thins out; `markOf` decides. */
  async #scan(after: CommitId, head: CommitId): Promise<Mark[]> {
    const grep = ['--fixed-strings', `--grep=Swarm-Run: ${this.#hub.run}`, '--encoding=UTF-8'];
    const args = ['-z', '--reverse', '--topo-order', '--no-show-signature', '--format=%H%n%B', ...grep];
    const out = await this.#hub.git.run(this.#hub.hub, 'log', [
      ...args,
      '--end-of-options',
      `${after}..${head}`,
    ]);
    return splitNul(out.stdout).flatMap((record) => {
      const end = record.indexOf('\n');
      const commit = expectObject(record.slice(0, end), 'git log');
      return this.#read(commit, record.slice(end + 1)) ?? [];
    });
  }

  #read(commit: CommitId, message: string): Mark | undefined {
    return markOf(this.#hub.run, commit, message) ?? undoneMarkOf(this.#hub.run, commit, message);
  }
}

/** A short way down is walked; a long one, or one past a merge, is for git. */
export async function isAncestor(hub: HubContext, ancestor: CommitId, of: CommitId): Promise<boolean> {
  const fork = await forkOfLines(hub, ancestor, of, WALK_MAX);
  if (fork) return fork === ancestor;
  const args = ['--is-ancestor', '--end-of-options', ancestor, of];
  return (await hub.git.run(hub.hub, 'merge-base', args, { codes: [0, 1] })).code === 0;
}
