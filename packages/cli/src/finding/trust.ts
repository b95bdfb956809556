/**
 * The one decision about a repository's runs: whether what is pinned there counts. Whatever commands, keys and endpoints
 * a run uses come from its files; those files count only when this operator's own state made them. Pure.
 */
import type { Problem } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import type { State } from '@swarm/core/state';
import type { RunFile } from '../running/run-file.ts';
import { shellWord } from '../telling/shell.ts';
import type { RunRecord } from './records.ts';

/** What the repository holds where swarm's own files lie. */
export interface OwnFolderFacts {
  readonly repository: string;
  /**
   * Symbolic links among `swarm` and `swarm/runs` in the git directory, `.swarm` and `.swarm/runs` and, where a run is
   * meant, what is in its folder.
   */
  readonly links: readonly string[];
  /** What belongs to another user of this machine, among the same in the git directory. */
  readonly foreign: readonly { readonly path: string; readonly owner: number }[];
  /** Folders of swarm's own that the repository tracks. */
  readonly tracked: readonly string[];
}

export function ownFolderProblems(facts: OwnFolderFacts): readonly Problem[] {
  const { repository, links, foreign, tracked } = facts;
  return [
    ...links.map((link) => linked(repository, link)),
    ...foreign.map(({ path, owner }) => foreignProblem(repository, path, owner)),
    ...tracked.map((folder) => trackedProblem(repository, folder)),
  ];
}

const linked = (repository: string, link: string): Problem => ({
  code: 'SW0307',
  what: `${link} is a symbolic link`,
  where: repository,
  why: 'runs are kept in folders of their own; a link could lead what is written there anywhere',
  fix: `rm ${shellWord(link)}`,
});

const foreignProblem = (repository: string, path: string, owner: number): Problem => ({
  code: 'SW0307',
  what: `${path} belongs to user ${owner}`,
  where: repository,
  why: 'whoever owns what a run is kept in could change what it does with your keys',
  fix: `ls -ld ${shellWord(path)}; then mv ${shellWord(path)} ${shellWord(`${path}.of-${owner}`)}`,
});

export function trackedProblem(repository: string, folder: string): Problem {
  const at = `git -C ${shellWord(repository)}`;
  return {
    code: 'SW0307',
    what: `the repository tracks files below ${folder}`,
    where: repository,
    why: 'it is swarm’s own, and of this machine; tracked, every attempt would carry and change it',
    fix: `${at} rm -r --cached ${shellWord(folder)} && ${at} commit -m "Stop tracking what is swarm’s own"`,
  };
}

export interface RunFacts {
  readonly run: RunId;
  /** Where its files lie. */
  readonly folder: string;
  readonly repository: { readonly path: string; readonly folder: string };
  /** The git directory, where the run lies in it: of whichever work tree it is. */
  readonly gitDir?: { readonly path: string; readonly folder: string };
  readonly record: RunRecord | undefined;
  /** `pinnedHash` of the run.json there. */
  readonly pinned: string;
}

/** Undefined when this operator's own state made the run, and it is as it was made. */
export function runProblem({ run, folder, record, pinned, ...at }: RunFacts): Problem | undefined {
  if (!record)
    return notOurs(
      run,
      folder,
      'its files came with the repository, or were made by another user or an older version',
    );
  if (!isBegunAt(record, at)) return notOurs(run, folder, `it was begun in ${record.repository}`);
  if (record.pinned !== pinned && record.next !== pinned)
    return notOurs(run, folder, 'its run.json is not as it was when the run began');
  return undefined;
}

const isBegunAt = (
  record: RunRecord,
  { repository, gitDir }: Pick<RunFacts, 'repository' | 'gitDir'>,
): boolean =>
  record.repository === repository.path ||
  record.folder === repository.folder ||
  (gitDir !== undefined && (record.gitDir === gitDir.path || record.gitFolder === gitDir.folder));

const notOurs = (run: RunId, folder: string, why: string): Problem => ({
  code: 'SW0315',
  what: `this machine has no record of the run ${run} as it lies there`,
  where: folder,
  why: `${why}; the commands and endpoints it names would be used with your keys`,
  fix: `less ${shellWord(`${folder}/run.json`)}; then swarm resume --run ${run} --trust-run`,
});

/** What the journal opened the run with is what run.json pins: neither can be swapped alone. */
export function openingProblem(file: RunFile, folder: string, state: State): Problem | undefined {
  const { run } = state;
  if (!run) return undefined;
  const { request } = run;
  const isOwed = file.gateBefore !== undefined && (request.gate ?? null) === file.gateBefore;
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [run.id, file.run],
    [request.mode, file.mode],
    [request.target, file.target],
    [request.landOn, file.landOn],
    [request.deliver, file.deliver],
    [request.gate ?? null, isOwed ? file.gateBefore : file.gate],
    [request.setup ?? null, file.setup],
    [request.checks, file.config.checks?.command],
  ];
  if (pairs.every(([told, pinned]) => told === pinned)) return undefined;
  return notOurs(file.run, folder, 'its journal was begun with other commands than its run.json names');
}
