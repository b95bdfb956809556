/** What somebody meant who named no branch: one error for each word, with what to type instead. */
import type { Problem } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import type { BranchAt } from '@swarm/git';
import { shellWord } from '../telling/shell.ts';

/** Where names are looked up. */
export interface Names {
  /** Of all branches. */
  readonly there: readonly BranchAt[];
  /** The branch they are to land on. */
  readonly target: string;
  /** The remote they are taken from; absent: the repository itself. */
  readonly from?: string;
  readonly tags: ReadonlySet<string>;
}

interface Meant {
  readonly why: string;
  readonly fix: string;
}

export const isGlob = (word: string): boolean => /[*?[]/.test(word);

export function noSuchBranch(word: string, names: Names): Problem {
  const named = JSON.stringify(word);
  if (word === names.target) {
    return {
      code: 'SW0107',
      what: `${named} is the target itself`,
      why: 'a branch cannot be landed on itself',
      fix: 'swarm land <branch> --target <another branch>',
    };
  }
  const what = isGlob(word) ? `no branch is called like ${named}` : `there is no branch ${named}`;
  const meant = isGlob(word) ? undefined : meantBy(word, names);
  return { code: 'SW0107', what, ...(meant ?? { why: thereAre(names), fix: listing(names) }) };
}

/** What to type to land this branch. */
function landing(branch: string, from?: string): string {
  const options = from === undefined ? '' : ` --from ${shellWord(from)}`;
  return branch.startsWith('-')
    ? `swarm land${options} -- ${shellWord(branch)}`
    : `swarm land ${shellWord(branch)}${options}`;
}

const meantBy = (word: string, names: Names): Meant | undefined =>
  fullName(word, names) ??
  nameElsewhere(word, names) ??
  tag(word, names) ??
  checkedOut(word) ??
  commitOf(word, names) ??
  likeIt(word, names);

const has = ({ there, target }: Names, name: string): boolean =>
  name !== target && there.some((branch) => branch.name === name);

/** `refs/heads/x`, `heads/x`, `refs/remotes/origin/x`. */
function fullName(word: string, names: Names): Meant | undefined {
  const [, kind, name = ''] = /^(?:refs\/)?(heads|remotes)\/(.+)$/s.exec(word) ?? [];
  if (kind === undefined) return undefined;
  const { from } = names;
  const isHere = has(names, name) && (from === undefined || kind === 'heads');
  if (!isHere) return kind === 'remotes' ? nameElsewhere(name, names) : undefined;
  return { why: `a branch is named without ${word.slice(0, -name.length)}`, fix: landing(name, from) };
}

/** `origin/x` of what `--from origin` calls x, and x of what is known here as `origin/x` alone. */
function nameElsewhere(word: string, names: Names): Meant | undefined {
  const { from, there } = names;
  if (from !== undefined) {
    const name = word.startsWith(`${from}/`) ? word.slice(from.length + 1) : '';
    return has(names, name)
      ? { why: `${from} itself calls it ${name}`, fix: landing(name, from) }
      : undefined;
  }
  const fetched = there.find(({ name, remote }) => remote !== undefined && name === `${remote}/${word}`);
  if (!fetched) return undefined;
  const why = `${fetched.remote} had one when it was last fetched, which is called ${fetched.name} here`;
  return { why, fix: landing(word, fetched.remote) };
}

function tag(word: string, { tags }: Names): Meant | undefined {
  const name = word.replace(/^(?:refs\/)?tags\//, '');
  if (!tags.has(name)) return undefined;
  return { why: 'it is a tag, and only branches land', fix: makeBranch(`refs/tags/${name}`) };
}

function checkedOut(word: string): Meant | undefined {
  if (word !== 'HEAD' && word !== '@') return undefined;
  const why = 'it stands for what is checked out, which is landed by its own name';
  return { why, fix: 'swarm land "$(git branch --show-current)"' };
}

/** Marks behind a name that make it a commit: `x~1`, `x^`, `x@{1}`, `x:path`, `a..b`. */
const MARKS = /~|\^|:|@\{|\.\./;

function commitOf(word: string, names: Names): Meant | undefined {
  if (/^[0-9a-f]{7,64}$/i.test(word))
    return { why: 'a branch is named, not a commit', fix: makeBranch(word) };
  const name = word.split(MARKS)[0]!;
  if (name === word || !has(names, name)) return undefined;
  return { why: `a branch is landed whole; ${name} is one`, fix: landing(name, names.from) };
}

const makeBranch = (commit: string): string =>
  `git branch to-land ${shellWord(commit)}, then: swarm land to-land`;

function likeIt(word: string, names: Names): Meant | undefined {
  const others = names.there.map(({ name }) => name).filter((name) => name !== names.target);
  const alike = (name: string): string => name.normalize('NFKC').toLowerCase();
  const near = others.find((name) => alike(name) === alike(word)) ?? nearestWord(word, others);
  return near === undefined ? undefined : { why: `did you mean ${near}?`, fix: landing(near, names.from) };
}

function thereAre({ there, target }: Names): string {
  const others = there.map(({ name }) => name).filter((name) => name !== target);
  return others.length === 0 ? 'there is no other branch' : `there are: ${others.slice(0, 10).join(', ')}`;
}

const listing = ({ from }: Names): string =>
  from === undefined ? 'git branch --all' : `git ls-remote --heads ${shellWord(from)}`;
