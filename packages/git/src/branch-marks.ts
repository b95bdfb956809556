/** What a commit of the target says of branches: that it is a landing of one, or that it takes commits back. */
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { onlyOne, trailersOf } from './landed.ts';

export type BranchMark =
  | {
      readonly kind: 'landing';
      readonly commit: CommitId;
      /** The branch as it was: its last commit. */
      readonly work: CommitId;
      /** Run and task, by which an undo names it; undefined where they are not said. */
      readonly task: string | undefined;
    }
  | { readonly kind: 'undo'; readonly commit: CommitId; readonly tasks: readonly string[] }
  | { readonly kind: 'revert'; readonly commit: CommitId; readonly of: readonly CommitId[] };

export type LandingMark = BranchMark & { readonly kind: 'landing' };

/** A name may hold an `@`; what it was comes behind the last one. */
const WORK = /@([0-9a-f]{40}|[0-9a-f]{64})$/;
/** As git-revert(1) writes it, also of a revert. */
const REVERTS = /^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm;

/** Words that every message has which `branchMarkOf` can read something in. */
export const MARK_WORDS = ['Swarm-Branch: ', 'Swarm-Undoes: ', 'This reverts commit '];

export function branchMarkOf(commit: CommitId, message: string): BranchMark | undefined {
  if (!MARK_WORDS.some((words) => message.includes(words))) return undefined;
  const trailers = trailersOf(message);
  const [run, task] = ['Swarm-Run', 'Swarm-Task'].map((key) => onlyOne(trailers?.get(key)));
  const work = parseCommitId(WORK.exec(onlyOne(trailers?.get('Swarm-Branch')) ?? '')?.[1] ?? '');
  if (work) return { kind: 'landing', commit, work, task: run && task && `${run} ${task}` };
  const undone = trailers?.get('Swarm-Undoes');
  if (undone && run) return { kind: 'undo', commit, tasks: undone.map((id) => `${run} ${id}`) };
  const of = [...message.matchAll(REVERTS)].flatMap(([, id = '']) => parseCommitId(id) ?? []);
  return of.length > 0 ? { kind: 'revert', commit, of } : undefined;
}
