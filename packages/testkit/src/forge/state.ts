/** What a forge knows: repositories, pull requests, issues, checks. Both dialects of the fake speak of this. */
import { createHash } from 'node:crypto';

/** Where the branches are: in memory, or in a real repository of git. */
export interface FakeRefs {
  head(branch: string): Promise<string | undefined>;
  /** Puts `commit` into `base`. Returns the new head, or undefined where that conflicts. */
  merge(base: string, commit: string, how: MergeWay, message: string): Promise<string | undefined>;
  remove(branch: string): Promise<void>;
}
export type MergeWay = 'merge' | 'squash' | 'rebase';

export interface FakeComment {
  readonly id: number;
  readonly author: string;
  body: string;
  readonly at: number;
  readonly path?: string;
  readonly line?: number;
  readonly verdict?: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
}

export interface FakeIssue {
  readonly number: number;
  readonly author: string;
  title: string;
  body: string;
  isOpen: boolean;
  labels: string[];
  assignees: string[];
  readonly at: number;
  readonly comments: FakeComment[];
}

export interface FakePull extends Omit<FakeIssue, 'isOpen'> {
  state: 'open' | 'closed' | 'merged';
  endedBy?: string;
  mergedAs?: string;
  isDraft: boolean;
  readonly headSlug: string;
  readonly headBranch: string;
  /** While it is open the branch says it; what it was at last, after. */
  headCommit: string;
  base: string;
  readonly reviews: FakeComment[];
  readonly onLines: FakeComment[];
}

export interface FakeCheck {
  readonly id: number;
  readonly name: string;
  readonly kind: 'run' | 'status';
  state: 'pending' | 'success' | 'failure' | 'neutral';
  readonly summary: string;
}

export interface FakeRepository {
  readonly slug: string;
  readonly refs: FakeRefs;
  readonly parent?: string;
  readonly access: Map<string, 'admin' | 'write' | 'read'>;
  /** Names of checks a branch requires. */
  readonly required: Map<string, readonly string[]>;
  /** The same by rulesets, beside them. */
  readonly rulesets: Map<string, readonly string[]>;
  /** Branches that are merged into by the forge's own queue alone, with what waits there. */
  readonly queues: Map<string, number[]>;
  /** Approvals that a merge takes. */
  approvals: number;
  readonly pulls: FakePull[];
  readonly issues: FakeIssue[];
  readonly checks: Map<string, FakeCheck[]>;
  isArchived: boolean;
}

export class MemoryRefs implements FakeRefs {
  readonly #heads = new Map<string, string>();
  set(branch: string, commit = sha(branch)): string {
    this.#heads.set(branch, commit);
    return commit;
  }
  async head(branch: string): Promise<string | undefined> {
    return this.#heads.get(branch);
  }
  async merge(base: string, commit: string, how: MergeWay): Promise<string | undefined> {
    return this.set(base, sha(`${base}${commit}${how}`));
  }
  async remove(branch: string): Promise<void> {
    this.#heads.delete(branch);
  }
}

export const sha = (text: string): string => createHash('sha1').update(text).digest('hex');

const drop = (queue: number[] | undefined, number: number): void => {
  const at = queue?.indexOf(number) ?? -1;
  if (at >= 0) queue!.splice(at, 1);
};

/** Of each person the last word counts. */
export function lastVerdicts({ reviews }: FakePull): ReadonlyMap<string, FakeComment> {
  return new Map(reviews.map((one) => [one.author, one]));
}

export function approvalsLeft({ approvals }: FakeRepository, pull: FakePull): number {
  const given = [...lastVerdicts(pull).values()].filter(({ verdict }) => verdict === 'APPROVED').length;
  return Math.max(0, approvals - given);
}

/** A no of the forge's: what is wrong with what it was asked. */
export class No extends Error {
  readonly status: number;
  readonly errors: readonly object[];
  constructor(status: number, message: string, errors: readonly object[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export class ForgeState {
  readonly repositories = new Map<string, FakeRepository>();
  /** Tokens, and whom each is of. */
  readonly tokens = new Map<string, string>();
  #ids = 1_000;
  #at = Date.UTC(2026, 10, 21, 12);

  nextId = (): number => ++this.#ids;
  /** Each later than the one before. */
  now = (): number => {
    this.#at += 1_000;
    return this.#at;
  };

  add(slug: string, refs: FakeRefs, parent?: string): FakeRepository {
    const repository: FakeRepository = {
      slug,
      refs,
      ...(parent !== undefined && { parent }),
      access: new Map(),
      required: new Map(),
      rulesets: new Map(),
      queues: new Map(),
      approvals: 0,
      pulls: [],
      issues: [],
      checks: new Map(),
      isArchived: false,
    };
    this.repositories.set(slug.toLowerCase(), repository);
    return repository;
  }

  find(slug: string): FakeRepository | undefined {
    return this.repositories.get(slug.toLowerCase());
  }

  /** Issues and pull requests are counted together. */
  #number({ pulls, issues }: FakeRepository): number {
    return Math.max(0, ...[...pulls, ...issues].map((one) => one.number)) + 1;
  }

  openIssue(
    repository: FakeRepository,
    given: Partial<FakeIssue> & { title: string; author: string },
  ): FakeIssue {
    const issue: FakeIssue = {
      body: '',
      labels: [],
      assignees: [],
      isOpen: true,
      comments: [],
      at: this.now(),
      ...given,
      number: this.#number(repository),
    };
    repository.issues.push(issue);
    return issue;
  }

  comment(on: { readonly comments: FakeComment[] }, author: string, body: string): FakeComment {
    const comment = { id: this.nextId(), author, body, at: this.now() };
    on.comments.push(comment);
    return comment;
  }

  async openPull(
    repository: FakeRepository,
    ask: {
      readonly author: string;
      readonly headSlug: string;
      readonly headBranch: string;
      readonly base: string;
      readonly title: string;
      readonly body: string;
      readonly isDraft?: boolean;
      readonly acceptsSecond?: boolean;
    },
  ): Promise<FakePull> {
    const { author, headSlug, headBranch, base, title, body } = ask;
    const head = this.find(headSlug);
    const isFork = headSlug.toLowerCase() !== repository.slug.toLowerCase();
    if (!head || (isFork && head.parent?.toLowerCase() !== repository.slug.toLowerCase()))
      throw new No(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
    const commit = await head.refs.head(headBranch);
    if (commit === undefined)
      throw new No(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
    const baseCommit = await repository.refs.head(base);
    if (baseCommit === undefined)
      throw new No(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
    const said = (message: string) =>
      new No(422, 'Validation Failed', [{ resource: 'PullRequest', code: 'custom', message }]);
    if (baseCommit === commit) throw said(`No commits between ${base} and ${headBranch}`);
    const isThere = repository.pulls.some(
      (one) =>
        one.state === 'open' &&
        one.headSlug === headSlug &&
        one.headBranch === headBranch &&
        one.base === base,
    );
    if (isThere && !ask.acceptsSecond)
      throw said(`A pull request already exists for ${headSlug.split('/')[0]}:${headBranch}.`);
    if (body.length > 65_536) throw said('body is too long (maximum is 65536 characters)');
    const pull: FakePull = {
      number: this.#number(repository),
      author,
      title,
      body,
      labels: [],
      assignees: [],
      at: this.now(),
      comments: [],
      reviews: [],
      onLines: [],
      state: 'open',
      isDraft: ask.isDraft === true,
      headSlug,
      headBranch,
      headCommit: commit,
      base,
    };
    repository.pulls.push(pull);
    return pull;
  }

  /** An open one is where its branch is. */
  async refresh(pull: FakePull): Promise<FakePull> {
    if (pull.state !== 'open') return pull;
    const head = await this.find(pull.headSlug)?.refs.head(pull.headBranch);
    if (head === undefined) pull.state = 'closed';
    else if (head !== pull.headCommit) {
      pull.headCommit = head;
      for (const { queues } of this.repositories.values()) drop(queues.get(pull.base), pull.number);
    }
    return pull;
  }

  /** As a person presses the button: with a queue it waits there, and is merged when its turn comes. */
  async merge(
    repository: FakeRepository,
    number: number,
    by: string,
    how: MergeWay = 'merge',
  ): Promise<string> {
    const pull = await this.#mergeable(repository, number);
    if (repository.queues.has(pull.base)) throw new No(405, 'Changes must be made through the merge queue');
    return this.#merge(repository, pull, by, how);
  }

  async enqueue(repository: FakeRepository, number: number): Promise<void> {
    const pull = await this.#mergeable(repository, number);
    repository.queues.get(pull.base)!.push(number);
  }

  /** What is first in the queue of a branch is merged. */
  async runQueue(
    repository: FakeRepository,
    branch: string,
    how: MergeWay = 'merge',
  ): Promise<string | undefined> {
    const next = repository.queues.get(branch)?.shift();
    if (next === undefined) return undefined;
    return this.#merge(repository, await this.#mergeable(repository, next), 'merge-queue[bot]', how);
  }

  /** What its base requires must have passed. */
  async #mergeable(repository: FakeRepository, number: number): Promise<FakePull> {
    const found = repository.pulls.find((one) => one.number === number);
    if (!found) throw new No(404, 'Not Found');
    const pull = await this.refresh(found);
    if (pull.state !== 'open' || pull.isDraft) throw new No(405, 'Pull Request is not mergeable');
    const checks = repository.checks.get(pull.headCommit) ?? [];
    const { required, rulesets } = repository;
    const missing = [...(required.get(pull.base) ?? []), ...(rulesets.get(pull.base) ?? [])].filter(
      (name) => !checks.some((check) => check.name === name && check.state === 'success'),
    );
    if (missing.length > 0) throw new No(405, `Required status check "${missing[0]}" is expected.`);
    if (approvalsLeft(repository, pull) > 0)
      throw new No(405, 'At least 1 approving review is required by reviewers with write access.');
    return pull;
  }

  async #merge(repository: FakeRepository, pull: FakePull, by: string, how: MergeWay): Promise<string> {
    const { number } = pull;
    const message =
      how === 'squash'
        ? `${pull.title} (#${number})\n\n${pull.body}\n`
        : `Merge pull request #${number}\n\n${pull.title}\n`;
    const head = await repository.refs.merge(pull.base, pull.headCommit, how, message);
    if (head === undefined) throw new No(409, 'Merge conflict');
    pull.state = 'merged';
    pull.endedBy = by;
    pull.mergedAs = head;
    return head;
  }

  /** Its branch is gone with it: what was based on it is then based on what that was, as forges do it. */
  async dropBranch(repository: FakeRepository, { headBranch, base }: FakePull): Promise<void> {
    await repository.refs.remove(headBranch);
    for (const pull of repository.pulls)
      if (pull.state === 'open' && pull.base === headBranch) pull.base = base;
  }

  /** The newest of a name counts. */
  check(
    repository: FakeRepository,
    commit: string,
    given: {
      readonly name: string;
      readonly state: FakeCheck['state'];
      readonly summary?: string;
      readonly kind?: FakeCheck['kind'];
    },
  ): void {
    const list = (repository.checks.get(commit) ?? []).filter(({ name }) => name !== given.name);
    list.push({ id: this.nextId(), kind: 'run', summary: '', ...given });
    repository.checks.set(commit, list);
  }

  mayPush = (repository: FakeRepository, login: string): boolean =>
    ['admin', 'write'].includes(repository.access.get(login) ?? '');
}
