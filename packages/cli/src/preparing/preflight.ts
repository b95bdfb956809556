/** Every check before the first cost, all at once: a pure function of facts gathered without writing anything. */
import type { Problem } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import { type CheckoutFacts, refetch } from '@swarm/git';
import type { Config } from '../config/resolved.ts';
import { isOpen, OPEN } from '../config/sandboxes.ts';
import { type OwnFolderFacts, ownFolderProblems } from '../finding/trust.ts';
import { shellWord } from '../telling/shell.ts';
import { endpointNotices, type ModelFacts, modelProblems } from './preflight-models.ts';
import type { SandboxProbe } from './sandbox-probe.ts';
import type { SigningFacts } from './signing.ts';

export interface PreflightFacts extends ModelFacts {
  /** As it was asked for. */
  readonly repository: string;
  readonly checkout: CheckoutFacts;
  /** Symbolic links where the folders of swarm's own would be. */
  readonly own: Pick<OwnFolderFacts, 'links' | 'foreign'>;
  /** Absent: none was named and HEAD is detached, so that no branch is the obvious one. */
  readonly target?: string | undefined;
  readonly deliver: Config['deliver'];
  readonly sandbox: Config['workers']['sandbox'];
  readonly sandboxProbe: SandboxProbe;
  readonly signing: SigningFacts;
  /** Absent: none was configured and none detected. */
  readonly gate?: string;
}

export interface PreflightVerdict {
  readonly problems: readonly Problem[];
  /** Allowed, and said before anything runs. */
  readonly notices: readonly string[];
}

/** `git merge-tree --write-tree` came with it: https://github.com/git/git/blob/v2.38.0/Documentation/RelNotes/2.38.0.txt */
const GIT_MIN = [2, 38] as const;

type Usable = Extract<CheckoutFacts, { isRepository: true }>;

export function preflight(facts: PreflightFacts): PreflightVerdict {
  const { checkout } = facts;
  return {
    problems: [
      ...preflightRepository(facts),
      ...sandboxProblems(facts),
      ...gateProblems(facts),
      ...(facts.signing.kind === 'fails' ? facts.signing.problems : []),
      ...modelProblems(facts),
    ],
    notices: [
      ...(checkout.isRepository ? repositoryNotices(facts, checkout) : []),
      ...(facts.gate === 'none' ? ['there is no gate: everything lands untested'] : []),
      ...(isOpen(facts.sandbox) ? ['no sandbox: agents and gates run with everything you can do'] : []),
      ...endpointNotices(facts),
    ],
  };
}

// ───────────────────────── the repository ─────────────────────────

/** What can be judged while the configuration is wrong: gate, sandbox and models may be named in the very part that is. */
export const preflightRepository = (facts: PreflightFacts): readonly Problem[] =>
  facts.checkout.isRepository ? repositoryProblems(facts, facts.checkout) : [notARepository(facts.checkout)];

const notARepository = ({ what, why, fix }: Exclude<CheckoutFacts, Usable>): Problem => ({
  code: 'SW0301',
  what,
  why,
  fix,
});

function repositoryProblems(facts: PreflightFacts, checkout: Usable): readonly Problem[] {
  const where = facts.repository;
  const problems: Problem[] = [];
  if (isOlder(checkout.gitVersion)) {
    const what = `git ${checkout.gitVersion} is too old: swarm needs ${GIT_MIN.join('.')}`;
    problems.push({ code: 'SW0306', what, fix: 'apt-get install git' });
  }
  if (checkout.lacking > 0) problems.push(notWhole(facts, checkout.lacking));
  problems.push(...ownFolderProblems({ repository: where, ...facts.own, tracked: checkout.tracksOwn }));
  const target = targetProblem(facts, checkout);
  return target ? [...problems, target] : problems;
}

const notWhole = ({ repository, target }: PreflightFacts, lacking: number): Problem => ({
  code: 'SW0311',
  what: `${lacking} ${lacking === 1 ? 'object' : 'objects'} of ${target} are not in this partial clone`,
  where: repository,
  why: 'workers need every file of the target, and swarm fetches nothing with your keys behind your back',
  fix: refetch(repository),
});

function targetProblem({ repository, target }: PreflightFacts, checkout: Usable): Problem | undefined {
  if (checkout.targetCommit && target !== undefined) return undefined;
  if (checkout.isEmpty) {
    return {
      code: 'SW0302',
      what: 'the repository has no commit',
      where: repository,
      why: 'workers clone the target, and there is nothing to clone',
      fix: `git -C ${shellWord(repository)} add -A && git -C ${shellWord(repository)} commit --allow-empty -m "Initial commit"`,
    };
  }
  const { branch, branches } = checkout;
  const isUnborn = target !== undefined && target === branch;
  const near = target === undefined ? undefined : nearestWord(target, branches);
  const other = branches.includes('main') ? 'main' : branches[0]!;
  return {
    code: 'SW0303',
    what:
      target === undefined
        ? 'HEAD is detached, and no target is named'
        : isUnborn
          ? `the branch ${JSON.stringify(target)} has no commit yet`
          : `there is no branch ${JSON.stringify(target)}`,
    where: repository,
    why: near ? `did you mean ${near}?` : `the branches are: ${branches.slice(0, 10).join(', ')}`,
    fix: `--target ${shellWord(near ?? (isUnborn ? other : (branch ?? other)))}`,
  };
}

/** Compares major and minor; what cannot be read as a version is not older. */
function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < GIT_MIN[0] || (major === GIT_MIN[0] && minor < GIT_MIN[1]);
}

function repositoryNotices(
  { target, deliver, signing }: PreflightFacts,
  checkout: Usable,
): readonly string[] {
  const dirty = checkout.dirtyTracked + checkout.untracked;
  const notices: string[] = [];
  if (dirty > 0) {
    notices.push(
      `the checkout has ${dirty} uncommitted ${dirty === 1 ? 'change' : 'changes'}: workers start from the last commit and do not see them; nothing of yours is touched`,
    );
  }
  if (dirty > 0 && deliver === 'apply' && checkout.branch === target) {
    notices.push(
      '--deliver apply moves a clean checkout only: commit or stash before the run ends, or use swarm apply',
    );
  }
  if (checkout.operation)
    notices.push(`a ${checkout.operation} is under way in the checkout; it is left as it is`);
  if (signing.kind === 'asked-here')
    notices.push(
      'commit.gpgsign is set in the repository, where it does not count: what lands is not signed unless git config --global commit.gpgsign true',
    );
  if (checkout.isPartial)
    notices.push(
      `the repository is a partial clone: workers get the files of ${target} without its history, and nothing is fetched`,
    );
  else if (checkout.isShallow)
    notices.push(
      `the repository is a shallow clone: what left ${target} before its oldest commit here cannot land (git fetch --unshallow brings the rest)`,
    );
  if (!checkout.isBare && checkout.branch === undefined)
    notices.push(`HEAD is detached; the work is for ${target}`);
  return notices;
}

// ───────────────────────── sandbox and gate ─────────────────────────

function sandboxProblems({ sandboxProbe }: PreflightFacts): readonly Problem[] {
  if (sandboxProbe.kind === 'works') return [];
  return [
    {
      code: 'SW0304',
      what: 'there is no working sandbox',
      why: sandboxProbe.reason,
      fix: `${sandboxProbe.fix}   (or --sandbox ${OPEN}, where agents may do everything you can do)`,
    },
  ];
}

function gateProblems({ gate, repository }: PreflightFacts): readonly Problem[] {
  if (gate !== undefined) return [];
  return [
    {
      code: 'SW0305',
      what: 'there is no gate: no command that must pass before a change lands',
      where: repository,
      why: 'none is configured, and no manifest with tests was found',
      fix: '--gate "<your test command>", or --gate none to land untested',
    },
  ];
}
