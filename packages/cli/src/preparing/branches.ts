/** Which branches `swarm land` was asked for: names and globs against the branches there are, all mistakes at once. */
import { matchesGlob } from 'node:path';
import type { Problem } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import {
  type BranchAt,
  type BranchWords,
  Git,
  listBranches,
  listTags,
  type OpenedHub,
  Remote,
} from '@swarm/git';
import type { BranchDraft } from '@swarm/orchestrator';
import type { Environment } from '../finding/paths.ts';
import { networkEnv } from '../running/network-env.ts';
import { isGlob, type Names, noSuchBranch } from './branch-words.ts';

/** What is to be landed, pinned: each branch by the commit it was when it was asked for. */
export interface BranchesOpening {
  readonly chosen: readonly BranchAt[];
  /** The remote they are fetched from; absent: the repository itself. */
  readonly from?: string;
}

export interface ChosenBranches {
  readonly chosen: readonly BranchAt[];
  readonly problems: readonly Problem[];
  /** Taken for less than was typed, and why. */
  readonly notices: readonly string[];
}

/** Most branches of one run. */
const BRANCHES_MAX = 10_000;

/** The branches and tags there are: at `from` as it is now, or in the repository. @throws SW0312, SW0703. */
export async function branchesAt(
  gitDir: string,
  from: string | undefined,
  env: Environment,
): Promise<Pick<Names, 'there' | 'tags'>> {
  const git = new Git();
  const tags = new Set(await listTags(git, gitDir));
  if (from === undefined) return { there: await listBranches(git, gitDir), tags };
  const remote = await Remote.open({ git, gitDir, name: from, purpose: 'fetch', network: networkEnv(env) });
  return { there: await remote.branches(), tags };
}

/**
 * In the order given, a glob's in the order of names, and never the target. A name is compared, never handed to git:
 * so a branch may be called like a tag, like HEAD or like an option.
 */
export function chooseBranches(asked: readonly string[], names: Names): ChosenBranches {
  const { there, target } = names;
  const chosen = new Map<CommitId, BranchAt>();
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const word of asked) {
    const found = meantBy(word, there, target);
    if (found.length === 0) problems.push(noSuchBranch(word, names));
    for (const branch of found) {
      const same = chosen.get(branch.commit);
      if (!same) notices.push(...hiddenBy(branch, there));
      if (!same) chosen.set(branch.commit, branch);
      else if (same.name === branch.name) notices.push(`${branch.name} was named twice and is landed once`);
      else notices.push(`${branch.name} is the same commit as ${same.name} and is landed once`);
    }
  }
  if (chosen.size > BRANCHES_MAX) problems.push(tooMany(chosen.size));
  return { chosen: [...chosen.values()], problems, notices };
}

function meantBy(word: string, there: readonly BranchAt[], target: string): readonly BranchAt[] {
  const others = there.filter((branch) => branch.name !== target);
  if (!isGlob(word)) return others.filter((branch) => branch.name === word).slice(0, 1);
  const found = others.filter((branch) => matchesGlob(branch.name, word));
  const byName = new Map(found.toReversed().map((branch) => [branch.name, branch]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A branch of the repository hides what a remote's is called here. */
function hiddenBy({ name, commit, remote }: BranchAt, there: readonly BranchAt[]): readonly string[] {
  const hidden = there.find((other) => other.name === name && other.remote !== undefined);
  if (remote !== undefined || !hidden || hidden.commit === commit) return [];
  const at = name.slice(hidden.remote!.length + 1);
  return [
    `${name} is the branch of this repository; the one at ${hidden.remote} is landed with --from ${hidden.remote} ${at}`,
  ];
}

const tooMany = (count: number): Problem => ({
  code: 'SW0107',
  what: `${count} branches are more than one run lands`,
  why: `the most is ${BRANCHES_MAX}`,
  fix: 'name fewer, in several runs',
});

/** Fetches what was chosen and makes a task of each branch, those first that others are built on. @throws SW0702, SW0703. */
export async function bringBranches(
  git: OpenedHub,
  { chosen, from }: BranchesOpening,
  env: Environment,
): Promise<readonly BranchDraft[]> {
  const network = networkEnv(env);
  const gitDir = git.originGitDir;
  const remote =
    from === undefined
      ? undefined
      : await Remote.open({ git: new Git(), gitDir, name: from, purpose: 'fetch', network });
  const nameOf = new Map(chosen.map(({ commit, name }) => [commit, name]));
  const commits = [...nameOf.keys()];
  await git.branches.gather(commits, remote);
  const drafts: BranchDraft[] = [];
  for (const { commit, upon } of await git.branches.inOrder(commits)) {
    const name = nameOf.get(commit)!;
    const draft = draftOf(name, await git.branches.wordsOf(commit, upon));
    drafts.push({ draft, branch: name, commit, ...(upon.length > 0 && { upon }) });
  }
  return drafts;
}

/** A branch of one commit says what it is about in its subject; one of several, in the first. */
function draftOf(name: string, { subject, subjects }: BranchWords): TaskDraft {
  return {
    label: name,
    title: subject || name,
    description: subjects.length > 1 ? subjects.map((line) => `* ${line}`).join('\n') : '',
    scope: [],
    acceptance: 'the gate passes on the merged commit',
    priority: 5,
    dependsOn: [],
    kind: 'change',
    requires: [],
  };
}
