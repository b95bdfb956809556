/**
 * Where the history of a repository of ours ends, though its last commits name parents: git's own file `shallow`. The
 * hub's is that of a user's shallow clone; of a partial clone it is the base, whose history the clone has only in part.
 * Every repository that borrows from the hub has a copy, or git would look for what is not there.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { Layout } from './layout.ts';

const fileOf = (gitDir: string): string => join(gitDir, 'shallow');
const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

export class Boundary {
  readonly #gitDir: string;
  #text = '';
  #commits: ReadonlySet<CommitId> = new Set();

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
    this.look();
  }

  /** A fetch may have moved it. */
  look(): void {
    this.#text = textOf(fileOf(this.#gitDir));
    this.#commits = new Set(this.#text.split('\n').flatMap((line) => parseCommitId(line) ?? []));
  }

  /** Whether any history is cut off. */
  get isThere(): boolean {
    return this.#text !== '';
  }

  /** What a commit names as its parents, as far as that is here. */
  parentsOf(commit: CommitId, named: readonly CommitId[]): readonly CommitId[] {
    return this.#commits.has(commit) ? [] : named;
  }

  copyTo(gitDir: string): void {
    if (this.isThere) writeFileSync(fileOf(gitDir), this.#text);
  }

  /** What was lent while history ended elsewhere lacks what a deeper one has: it goes, before anything is lent. */
  dropStale(layout: Layout): void {
    if (textOf(layout.loansBoundary) === this.#text) return;
    rmSync(layout.loans, { recursive: true, force: true });
    writeFileSync(layout.loansBoundary, this.#text);
  }
}
