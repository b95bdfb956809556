/**
 * Finds this run's landings in the target's history: git is the truth for "landed". Only a trailer block at the
 * very end of a message counts, so that words of an agent further up cannot pass for a landing.
 */
import { type CommitId, type LandedMark, parseAttemptId, parseTaskId, type RunId, taskOf } from '@swarm/core';
import type { HubContext } from './context.ts';
import { expectObject, splitNul } from './git.ts';

const TRAILER = /^([A-Za-z][A-Za-z0-9-]*): (\S.*)$/;

/** The landing a commit message declares for `run`; undefined when its last paragraph is not exactly that. */
export function markOf(run: RunId, commit: CommitId, message: string): LandedMark | undefined {
  const trailers = lastParagraph(message).map((line) => TRAILER.exec(line));
  if (trailers.some((match) => match === null)) return undefined;
  const only = (key: string) => {
    const found = trailers.filter((match) => match?.[1] === key);
    return found.length === 1 ? found[0]?.[2] : undefined;
  };
  const task = parseTaskId(only('Swarm-Task') ?? '');
  const attempt = parseAttemptId(only('Swarm-Attempt') ?? '');
  if (!task || !attempt || only('Swarm-Run') !== run || taskOf(attempt) !== task) return undefined;
  return { run, task, attempt, commit };
}

/** A message of one paragraph is a subject; it has no trailers. */
function lastParagraph(message: string): string[] {
  const paragraphs = message.trimEnd().split(/\n[ \t]*\n/);
  return paragraphs.length < 2 ? [''] : (paragraphs.at(-1) ?? '').replace(/^\n+/, '').split('\n');
}

/** Remembers how far it has read, so that asking again costs the new commits only. */
export class LandedScanner {
  private readonly hub: HubContext;
  private seen: { base: CommitId; head: CommitId; marks: readonly LandedMark[] } | undefined;

  constructor(hub: HubContext) {
    this.hub = hub;
  }

  async since(base: CommitId, head: CommitId): Promise<readonly LandedMark[]> {
    const known = await this.usable(base, head);
    if (known?.head === head) return known.marks;
    const fresh = await this.scan(known?.head ?? base, head);
    const marks = [...(known?.marks ?? []), ...fresh];
    this.seen = { base, head, marks };
    return marks;
  }

  /** What was read before holds only while history grows: a rewound target is read anew. */
  private async usable(base: CommitId, head: CommitId) {
    if (this.seen?.base !== base) return undefined;
    if (this.seen.head === head || (await isAncestor(this.hub, this.seen.head, head))) return this.seen;
    return undefined;
  }

  /** `--grep` only thins out; `markOf` decides. */
  private async scan(after: CommitId, head: CommitId): Promise<LandedMark[]> {
    const grep = ['--fixed-strings', `--grep=Swarm-Run: ${this.hub.run}`, '--encoding=UTF-8'];
    const args = ['-z', '--reverse', '--topo-order', '--no-show-signature', '--format=%H%n%B', ...grep];
    const out = await this.hub.git.run(this.hub.hub, 'log', [
      ...args,
      '--end-of-options',
      `${after}..${head}`,
    ]);
    return splitNul(out.stdout).flatMap((record) => {
      const end = record.indexOf('\n');
      const commit = expectObject(record.slice(0, end), 'git log');
      return markOf(this.hub.run, commit, record.slice(end + 1)) ?? [];
    });
  }
}

export async function isAncestor(hub: HubContext, ancestor: CommitId, of: CommitId): Promise<boolean> {
  const args = ['--is-ancestor', '--end-of-options', ancestor, of];
  return (await hub.git.run(hub.hub, 'merge-base', args, { codes: [0, 1] })).code === 0;
}
