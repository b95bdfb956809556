/**
 * The hub: swarm's own bare repository, the only one it merges in. Opening it is idempotent, heals what a
 * `kill -9` left, and trusts no configuration found on disk. The caller holds the run's lock.
 */
import { mkdir, rm } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, RunId } from '@swarm/core/model/ids';
import type { ChangeReader } from '@swarm/core/ports/changes';
import type { RunBranches } from '@swarm/core/ports/forge';
import type {
  Delivery,
  Hub,
  Identity,
  RepositoryReader,
  SecretFinder,
  SecretRules,
  Workspaces,
} from '@swarm/core/ports/git';
import { attributeFiles, mergeAttributes } from './attributes.ts';
import { ensureHub, heal, writeAttributes } from './bare.ts';
import { Boundary } from './boundary.ts';
import { BranchIntake } from './branch-intake.ts';
import { buildCandidate, probe, sealBatch } from './candidate.ts';
import { Carrier } from './carried.ts';
import { Changes } from './changes.ts';
import type { CleanUp, HubContext } from './context.ts';
import { Deliver } from './delivery.ts';
import { GrowingLine } from './fork.ts';
import { expectObject, Git } from './git.ts';
import { closeHelpers, makeHelpers } from './helpers.ts';
import type { ObjectFormat } from './identity.ts';
import { DEFAULT_LIMITS, Intake, type IntakeLimits } from './intake.ts';
import { isAncestor, LandedScanner } from './landed.ts';
import { Layout, RunRefs } from './layout.ts';
import { Loans } from './loans.ts';
import { measure } from './measure.ts';
import { GitMutex } from './mutex.ts';
import { NameClashes } from './name-clash.ts';
import { observe, removeRefs, tidy } from './observe.ts';
import type { OperatorEnv } from './operator.ts';
import { cloneOrigin, isUrl, locate, trusting } from './origin.ts';
import { fetchBase } from './origin-fetch.ts';
import { readRef } from './origin-ref.ts';
import { packOf, receivePack } from './packs.ts';
import { ObjectReader } from './reader.ts';
import { Remote, type RemoteBranch, type RemoteHeader } from './remote.ts';
import { RemoteTarget } from './remote-target.ts';
import { buildRevert } from './revert.ts';
import { PushedBranches } from './run-branches.ts';
import { Signer, type Signing } from './signing.ts';
import { Stacks } from './stacks.ts';
import { Target } from './target.ts';
import { Clones } from './workspaces.ts';

export interface HubOptions {
  /** State directory of this one repository, on a disk of its own choosing; made when missing. */
  readonly stateDir: string;
  /** Host path of the user's repository, work tree or bare, or a URL. */
  readonly repository: string;
  readonly run: RunId;
  /** The branch the operator named, without `refs/heads/`. */
  readonly target: string;
  /** The full reference landings are published to. */
  readonly landOn: string;
  readonly identity: Identity;
  readonly git?: Git;
  /** Whose own git decides whether a repository that belongs to another user is trusted. Absent: none is. */
  readonly operator?: OperatorEnv;
  /** Environment for a URL only: PATH, HOME, SSH_AUTH_SOCK, GIT_CONFIG_GLOBAL, GIT_ALLOW_PROTOCOL. */
  readonly networkEnv?: Readonly<Record<string, string>>;
  readonly limits?: Partial<IntakeLimits>;
  /** Work in which it finds a secret is not taken. Absent: nobody looks. */
  readonly secrets?: SecretFinder | undefined;
  /** So is work in which these find something, or that they could not look at. Closed with the hub. Absent: nobody looks. */
  readonly rules?: SecretRules | undefined;
  /** Measured changes and candidates say which change they make. Absent: nobody asks. */
  readonly namesChanges?: true | undefined;
  /** How workspaces and intakes are removed. Default: as Node does, with a failure thrown. */
  readonly cleanUp?: CleanUp;
  /** Landings go to this branch of a remote; absent: to `landOn` alone. `network`: the operator's own environment. */
  readonly push?: RemoteBranch & {
    readonly network: Readonly<Record<string, string>>;
    readonly header?: RemoteHeader;
  };
  /** The run's branches are pushed to this remote besides; absent: they stay here. */
  readonly branches?: {
    readonly remote: string;
    readonly network: Readonly<Record<string, string>>;
    readonly header?: RemoteHeader;
  };
  /** What lands is signed; absent: not. `env`: the operator's own environment, of which programs and agents are used. */
  readonly sign?: { readonly signing: Signing; readonly env: Readonly<Record<string, string | undefined>> };
}

export interface OpenedHub {
  readonly hub: Hub;
  readonly workspaces: Workspaces;
  readonly reader: RepositoryReader;
  readonly changes: ChangeReader;
  readonly delivery: Delivery;
  readonly branches: BranchIntake;
  /** Carries the run in a reference of the user's repository, and at the remote its landings are pushed to. */
  readonly carrier: Carrier;
  /** Present where the run's branches are pushed to a remote. */
  readonly runBranches?: RunBranches;
  readonly mutex: GitMutex;
  /** The target's head when this run was opened first; the same at every later opening. */
  readonly base: CommitId;
  /** Git directory of the repository published to: the user's, or our clone of the URL. */
  readonly originGitDir: string;
  /** Removes every reference and intake of this run from the hub. The run must be over. */
  cleanRun(): Promise<void>;
  /** Ends the git processes that stay; they also end with ours. What is asked later starts new ones. */
  close(): Promise<void>;
}

/**
 * Opens the hub of a repository for one run, making it when it is not there.
 * Throws SW0301 (no repository), SW0303 (no such target), SW0311 (a partial clone without all of the target), SW0313 (commits are to be
 * signed and cannot be), SW0702 (git failed).
 */
export async function openHub(options: HubOptions): Promise<OpenedHub> {
  const git = options.git ?? new Git();
  const landOn = branchRef(options.landOn);
  const targetRef = branchRef(`refs/heads/${options.target}`);
  const layout = new Layout(options.stateDir, options.run);
  const refs = new RunRefs(options.run);
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  const located = await locate(git, await repositoryPath(options, layout), options.operator);
  const origin = await trusting(located, layout.trusted);
  await ensureHub(git, layout, origin.objectFormat);
  await heal(layout.hub);
  const mutex = new GitMutex();
  const ends = { git, hub: { gitDir: layout.hub }, origin };
  const remote = options.push && (await openRemote(git, origin.gitDir, options.push));
  const base = await pinBase(ends, refs, targetRef, remote);
  const boundary = new Boundary(layout.hub);
  boundary.dropStale(layout);
  const attributesAtBase = await attributeFiles(git, ends.hub, base);
  const attributes = mergeAttributes(attributesAtBase);
  await writeAttributes(layout.hub, attributes);
  const { run, identity } = options;
  const { objectFormat } = origin;
  const helpers = makeHelpers(git, ends.hub, ends.origin, identity, boundary);
  const names = {
    run,
    base,
    targetRef,
    landOn,
    landsHere: remote === undefined,
    identity,
    attributes,
    attributesAtBase,
  };
  const signer = options.sign && (await openSigner({ ...options.sign, identity }, ends.hub, objectFormat));
  const cleanUp = options.cleanUp ?? PLAIN;
  const rooms = { ...ends, ...helpers, ...names, mutex, layout, refs, objectFormat, boundary, cleanUp };
  const { secrets, rules, namesChanges } = options;
  const looked = {
    ...(secrets && { secrets }),
    ...(rules && { rules }),
    ...(namesChanges && { namesChanges }),
  };
  const context = { ...rooms, ...(signer && { signer }), ...looked };
  const target = remote
    ? new RemoteTarget(context, remote.remote, remote.branch)
    : new Target(context, await readHubRef(ends, refs.target));
  const assembled = assemble(context, target, remote?.remote, { ...DEFAULT_LIMITS, ...options.limits });
  if (!options.branches) return assembled;
  const { remote: name, ...how } = options.branches;
  const to = await Remote.open({ git, gitDir: origin.gitDir, name, purpose: 'push', ...how });
  return { ...assembled, runBranches: new PushedBranches(context, to) };
}

function assemble(
  context: HubContext,
  target: Target | RemoteTarget,
  remote: Remote | undefined,
  limits: IntakeLimits,
): OpenedHub {
  const landed = new LandedScanner(context);
  const stacks = new Stacks(context);
  const memory = { line: new GrowingLine(context), stacks, clashes: new NameClashes(context) };
  const intake = new Intake(context, limits);
  const hub: Hub = {
    targetHead: () => target.head(),
    landedSince: (base, head) => landed.since(base, head),
    undoneSince: (base, head) => landed.undoneSince(base, head),
    isAncestor: (ancestor, of) => isAncestor(context, ancestor, of),
    buildCandidate: (ask) => buildCandidate(context, memory, ask),
    buildRevert: (ask) => buildRevert(context, ask),
    probe: (a, b) => probe(context, a, b),
    sealBatch: (ask) => sealBatch(context, ask),
    publish: (candidate) => target.publish(candidate),
    receive: (attempt, base, pack) => receivePack(context, intake, limits, { attempt, base, pack }),
    pack: (wants, haves) => packOf(context, wants, haves),
    ingest: (attempt) => intake.ingest(attempt),
    measure: (commit, onto) => measure(context, memory.line, commit, onto),
    observe: async () => observe(context, await target.head()),
    tidy: (keep) => tidy(context, keep),
  };
  return {
    hub,
    workspaces: new Clones(context, intake, new Loans(context)),
    reader: new ObjectReader(context),
    changes: new Changes(context),
    delivery: new Deliver(context),
    branches: new BranchIntake(context, intake, stacks),
    carrier: new Carrier(context, remote),
    mutex: context.mutex,
    base: context.base,
    originGitDir: context.origin.gitDir,
    cleanRun: () => cleanRun(context),
    close: async () => {
      await context.rules?.close();
      await context.mutex.run(() => target.close().finally(() => closeHelpers(context)));
    },
  };
}

/** Names end up in lines git reads: what could end a line, or be more than one name, is SW0105. */
function branchRef(ref: string): string {
  if (/^refs\/heads\/[^\u0000-\u0020\u007f~^:?*[\\]+$/.test(ref)) return ref;
  throw new SwarmError({
    code: 'SW0105',
    what: `${JSON.stringify(ref)} is no name for a branch`,
    fix: 'git branch --list',
  });
}

async function repositoryPath(options: HubOptions, layout: Layout): Promise<string> {
  if (!isUrl(options.repository)) return options.repository;
  await cloneOrigin(new Git(options.networkEnv), options.repository, layout.clonedOrigin);
  return layout.clonedOrigin;
}

type Ends = Pick<HubContext, 'git' | 'hub' | 'origin'>;

async function readHubRef(ends: Ends, ref: string): Promise<CommitId | undefined> {
  const told = await ends.git.text(ends.hub, 'for-each-ref', ['--format=%(objectname)', ref]);
  return told === '' ? undefined : expectObject(told, 'git for-each-ref');
}

interface PushedTo {
  readonly remote: Remote;
  readonly branch: string;
}

async function openRemote(
  git: Git,
  gitDir: string,
  { remote, branch, ...how }: NonNullable<HubOptions['push']>,
): Promise<PushedTo> {
  const to = branchRef(`refs/heads/${branch}`).slice('refs/heads/'.length);
  return { branch: to, remote: await Remote.open({ git, gitDir, name: remote, purpose: 'push', ...how }) };
}

/** Tried at once: a key that is locked is told before there is work to land. */
async function openSigner(
  ask: Pick<ConstructorParameters<typeof Signer>[0], 'signing' | 'identity' | 'env'>,
  place: HubContext['hub'],
  format: ObjectFormat,
): Promise<Signer> {
  const signer = new Signer({ ...ask, place, format });
  await signer.try();
  return signer;
}

async function pinBase(
  ends: Ends,
  refs: RunRefs,
  targetRef: string,
  pushedTo: PushedTo | undefined,
): Promise<CommitId> {
  const known = await readHubRef(ends, refs.base);
  if (known) return known;
  if (pushedTo) return pinRemoteBase(ends, refs, targetRef, pushedTo);
  const state = await readRef(ends, targetRef);
  if (!state) throw noTarget(ends.origin.gitDir, targetRef);
  await fetchBase(ends, state.commit, refs.base);
  return state.commit;
}

/** What the user has of it already is taken from there, and only the rest from the remote. */
async function pinRemoteBase(
  ends: Ends,
  refs: RunRefs,
  targetRef: string,
  { remote, branch }: PushedTo,
): Promise<CommitId> {
  const commit = await remote.head(branch);
  if (!commit) throw noTarget(`the remote ${remote.name}`, `refs/heads/${branch}`);
  const here = await readRef(ends, targetRef);
  if (here) await fetchBase(ends, here.commit, refs.handed('setup-known'));
  await remote.fetch(ends.hub.gitDir, [{ commit, ref: refs.base }]);
  return commit;
}

const noTarget = (gitDir: string, ref: string) =>
  new SwarmError({
    code: 'SW0303',
    what: `the target branch ${ref.replace('refs/heads/', '')} does not exist`,
    where: gitDir,
    fix: 'git branch --list, then: swarm run --target <branch>',
  });

const PLAIN: CleanUp = {
  discard: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  again: async () => {},
};

async function cleanRun(context: HubContext): Promise<void> {
  await context.mutex.run(() => removeRefs(context, context.refs.root, () => true));
  await context.cleanUp.discard(context.layout.intakes);
}
