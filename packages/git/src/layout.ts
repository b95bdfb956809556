/**
 * Names of everything on disk and every reference in the hub. A name that is not one of ours never becomes a
 * path or a reference.
 */
import { basename, dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import {
  type AttemptId,
  type CommitId,
  parseAttemptId,
  parseCommitId,
  parseRunId,
  type RunId,
} from '@swarm/core/model/ids';

/** `gate-l7`, `checks-3`, `setup-9f3c`: a kind and up to three plain words. */
const ERRAND = /^[a-z]{1,16}(?:-[a-z0-9]{1,64}){1,3}$/;

const isWorkspaceName = (name: string): boolean => parseAttemptId(name) !== undefined || ERRAND.test(name);

/**
 * The workspace that something in the folder of workspaces belongs to: `t1.1` for itself and for
 * `t1.1.private-x`, for what lies beside a workspace under its name and a dot is part of it. Undefined: nothing
 * of ours.
 */
export function workspaceOf(entry: string): string | undefined {
  const [first = '', second = ''] = entry.split('.');
  return [`${first}.${second}`, first].find(isWorkspaceName);
}

/** A workspace's name, or SW0801: names come from our own code. */
export function workspaceName(name: string): string {
  if (isWorkspaceName(name)) return name;
  throw new SwarmError({ code: 'SW0801', what: `${JSON.stringify(name)} is no name for a workspace` });
}

export function attemptName(name: string): AttemptId {
  const id = parseAttemptId(name);
  if (id) return id;
  throw new SwarmError({ code: 'SW0801', what: `${JSON.stringify(name)} is no attempt` });
}

function runName(name: string): RunId {
  const id = parseRunId(name);
  if (id) return id;
  throw new SwarmError({ code: 'SW0801', what: `${JSON.stringify(name)} is no run` });
}

/** References of one run in the hub, which the runs of one repository share. */
export class RunRefs {
  readonly root: string;
  readonly base: string;
  /** What the target was when last seen or set. Its presence means: the target has existed. */
  readonly target: string;
  /** Holds the branches that were taken in together. */
  readonly taken: string;
  readonly workRoot: string;
  constructor(run: RunId) {
    this.root = `refs/swarm/${runName(run)}`;
    this.base = `${this.root}/base`;
    this.target = `${this.root}/target`;
    this.taken = `${this.root}/taken`;
    this.workRoot = `${this.root}/work`;
  }
  /** The ingested work of an attempt. */
  work(attempt: AttemptId): string {
    return `${this.workRoot}/${attemptName(attempt)}`;
  }
  /** The base a workspace was handed: its objects are borrowed, and an attempt's work must descend from it. */
  handed(name: string): string {
    return this.handedPath(workspaceName(name));
  }
  /** The same for a name read back from the hub: to compare with, never to write. */
  handedPath(name: string): string {
    return `${this.root}/handed/${name}`;
  }
}

/** The commit that what is lent under this name was packed for last; undefined when it is no such name. */
export function commitOfLoan(name: string): CommitId | undefined {
  const commits = name.split('-').map(parseCommitId);
  return commits.length <= 2 && commits.every(Boolean) ? commits.at(-1) : undefined;
}

/** Folders of one repository's state directory. Intakes are by run, since runs number their attempts alike. */
export class Layout {
  readonly stateDir: string;
  readonly hub: string;
  readonly hubObjects: string;
  readonly clonedOrigin: string;
  /** Settings of our own: which repository git may serve, whoever it belongs to. */
  readonly trusted: string;
  /** What workspaces may read of the hub: a folder of objects for each base. Workspaces see these, and never the hub. */
  readonly loans: string;
  /** Where history ended when those were made. */
  readonly loansBoundary: string;
  readonly workspaces: string;
  readonly intakes: string;
  /** What was fetched of other people's branches, for `swarm land`. */
  readonly branches: string;
  /** Some of those, while it is found out which of them are refused. */
  readonly together: string;
  /** Hooks of our own, for pushes. */
  readonly hooks: string;
  /** Where pushed objects are judged before the hub sees them: the same disk, so that they can be moved in. */
  readonly quarantine: string;
  constructor(stateDir: string, run: RunId) {
    this.stateDir = stateDir;
    this.hub = join(stateDir, 'hub.git');
    this.hubObjects = join(this.hub, 'objects');
    this.clonedOrigin = join(stateDir, 'origin.git');
    this.trusted = join(stateDir, 'trusted.gitconfig');
    this.loans = join(stateDir, 'loans');
    this.loansBoundary = join(stateDir, 'loans.shallow');
    this.workspaces = join(stateDir, 'workspaces');
    this.intakes = join(stateDir, 'intake', runName(run));
    this.branches = join(this.intakes, 'branches.git');
    this.together = join(this.intakes, 'together.git');
    this.hooks = join(stateDir, 'hooks');
    this.quarantine = join(this.hub, 'quarantine');
  }
  /** @param name one commit, or two with `-` between them. */
  loan(name: string): string {
    return join(this.loans, name);
  }
  /** Whether a clone or an intake of ours may borrow from these objects. */
  mayLend(objects: string): boolean {
    const isLoan = dirname(objects) === this.loans && commitOfLoan(basename(objects)) !== undefined;
    return isLoan || objects === this.hubObjects;
  }
  workspace(name: string): string {
    return join(this.workspaces, workspaceName(name));
  }
  intake(attempt: AttemptId): string {
    return join(this.intakes, `${attemptName(attempt)}.git`);
  }
}
