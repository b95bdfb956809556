/** Which branches `swarm land` was asked for: names and globs against the branches there are, all mistakes at once. */
import { matchesGlob } from 'node:path';
import type { Problem } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { nearestWord } from '@swarm/core/rules/text';
import { type BranchAt, type BranchWords, Git, listBranches, type OpenedHub, Remote } from '@swarm/git';
import type { BranchDraft } from '@swarm/orchestrator';
import type { Environment } from '../finding/paths.ts';
import { networkEnv } from '../running/network-env.ts';

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

/** The branches there are: at `from` as it is now, or in the repository. @throws SW0312, SW0703. */
export async function branchesAt(
  gitDir: string,
  from: string | undefined,
  env: Environment,
): Promise<readonly BranchAt[]> {
  const git = new Git();
  if (from === undefined) return listBranches(git, gitDir);
  const remote = await Remote.open({ git, gitDir, name: from, purpose: 'fetch', network: networkEnv(env) });
  return remote.branches();
}

/**
 * In the order given, a glob's in the order of names. A name is compared, never handed to git.
 * @param target the branch they are to land on, which is not one of them.
 */
export function chooseBranches(
  asked: readonly string[],
  there: readonly BranchAt[],
  target: string,
): ChosenBranches {
  const chosen = new Map<CommitId, BranchAt>();
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const word of asked) {
    const found = meantBy(word, there, target);
    if (found.length === 0) problems.push(notThere(word, there, target));
    for (const branch of found) {
      const same = chosen.get(branch.commit);
      if (!same) chosen.set(branch.commit, branch);
      else if (same.name === branch.name) notices.push(`${branch.name} was named twice and is landed once`);
      else notices.push(`${branch.name} is the same commit as ${same.name} and is landed once`);
    }
  }
  if (chosen.size > BRANCHES_MAX) problems.push(tooMany(chosen.size));
  return { chosen: [...chosen.values()], problems, notices };
}

const isGlob = (word: string): boolean => /[*?[]/.test(word);

function meantBy(word: string, there: readonly BranchAt[], target: string): readonly BranchAt[] {
  const others = there.filter((branch) => branch.name !== target);
  if (!isGlob(word)) return others.filter((branch) => branch.name === word).slice(0, 1);
  return others.filter((branch) => matchesGlob(branch.name, word)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function notThere(word: string, there: readonly BranchAt[], target: string): Problem {
  const named = JSON.stringify(word);
  if (word === target) {
    return {
      code: 'SW0107',
      what: `${named} is the target itself`,
      why: 'a branch cannot be landed on itself',
      fix: 'swarm land <branch> --target <another branch>',
    };
  }
  if (isGlob(word)) {
    const what = `no branch is called like ${named}`;
    return { code: 'SW0107', what, ...someOf(there, target), fix: 'git branch --all' };
  }
  const near = nearestWord(
    word,
    there.map((branch) => branch.name),
  );
  return {
    code: 'SW0107',
    what: `there is no branch ${named}`,
    ...(near ? { why: `did you mean ${near}?` } : someOf(there, target)),
    fix: near ? `swarm land ${near}` : 'git branch --all',
  };
}

function someOf(there: readonly BranchAt[], target: string): Pick<Problem, 'why'> {
  const names = there.map((branch) => branch.name).filter((name) => name !== target);
  return {
    why: names.length === 0 ? 'there is no other branch' : `there are: ${names.slice(0, 10).join(', ')}`,
  };
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
