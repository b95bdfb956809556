/** From the command line to a run that may begin: gather every fact, refuse everything wrong at once, pin the rest. */

import { PRESET_NAMES } from '@swarm/agent';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { makeRunId, type RunId } from '@swarm/core/model/ids';
import type { RunMode } from '@swarm/core/model/request';
import type { ForeignWorker } from '@swarm/core/rules/foreign';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { unmetWish } from '@swarm/core/rules/wishes';
import { type CheckoutFacts, type RemoteBranch, rehearse } from '@swarm/git';
import { defaults, type LoadedConfig } from '../config/load.ts';
import { type Config, configHash } from '../config/resolved.ts';
import { CONTAINED, OPEN } from '../config/sandboxes.ts';
import { type RepositoryPaths, repositoryPaths } from '../finding/paths.ts';
import { freshRunId } from '../finding/run-id.ts';
import type { ProgramPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import type { RunOptions } from '../program/options.ts';
import type { RunFile } from '../running/run-file.ts';
import { agentNames, distributionOf, rolesOf } from '../running/settings.ts';
import { agentProblems, agentsOffered } from './agents.ts';
import { bridgeFor, bridgeShown } from './bridge.ts';
import { configure } from './configure.ts';
import { forgeReady } from './forge.ts';
import type { Found } from './found.ts';
import { gather, unpricedWishes } from './gather.ts';
import { agentsOfWorkers, handsProblems } from './hands.ts';
import { type Located, locate } from './locate.ts';
import { notYet } from './not-yet.ts';
import { type Opening, openingOf } from './opening.ts';
import { preflight, preflightRepository } from './preflight.ts';
import { unpricedProblems } from './preflight-models.ts';
import { promptHashes } from './prompt-hashes.ts';
import { type PushTo, remoteOf } from './remotes.ts';
import {
  asRecorded,
  cassetteOf,
  cassetteProblems,
  differences,
  type Recorded,
  readRecorded,
} from './replaying.ts';
import type { SandboxProbe } from './sandbox-probe.ts';
import { setupNetworkFor } from './setup-network.ts';
import { identityOf } from './signing.ts';
import { treeNotices } from './tree-notices.ts';
import { voterProblems, votersOf, votersShown } from './voters.ts';
import { wayOutNotices } from './way-out.ts';

export interface Prepared {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  /** The target's head now. */
  readonly base: string;
  /** What all work trees share. */
  readonly commonDir: string;
  /** Trusted texts of the repository's own prompts, by file name. */
  readonly promptOverrides: ReadonlyMap<string, string>;
  readonly opening: Opening;
  readonly notices: readonly string[];
  /** What was found and will run, in words. */
  readonly shown: readonly string[];
}

export interface PrepareAsk {
  readonly options: RunOptions;
  readonly context: Context;
  readonly places: ProgramPlaces;
  readonly mode: RunMode;
  /** What the run begins with, once it is known what there is. What it throws joins the other problems. */
  readonly opening: (found: Found, recorded?: Recorded) => Promise<Opening>;
  /** Where landings are pushed to, whatever the target's upstream is. */
  readonly pushTo?: PushTo;
}

/** Where a replay is given no words of its own, the recorded ones are wanted again. */
const wordsFor = (request: string, { requestFile, plan }: RunOptions, { head }: Recorded): string =>
  request.trim() === '' && requestFile === undefined && plan === undefined ? head.request : request;

export function prepare(
  request: string,
  options: RunOptions,
  context: Context,
  places: ProgramPlaces,
): Promise<Prepared> {
  // A plan that cannot be read is a plan still: nobody is told that a planner's model is missing.
  const mode = options.plan === undefined && !options.solo ? 'planner' : 'plan';
  const opening = (_: Found, recorded?: Recorded): Promise<Opening> =>
    openingOf(recorded ? wordsFor(request, options, recorded) : request, options, context);
  return prepareFor({ options, context, places, mode, opening });
}

export async function prepareFor({ options, context, places, mode, ...ask }: PrepareAsk): Promise<Prepared> {
  const located = await locate(options.repo, context);
  const problems: Problem[] = [...cassetteProblems(options, context.cwd)];
  const recorded = await collect(problems, () => readRecorded(options, context.cwd));
  const config = await collect(problems, () => configure(located, options, context));
  const configured = config ?? defaults(options.target, context.env);
  const loaded = recorded ? asRecorded(configured, recorded) : configured;
  const found = await gather(located, loaded, mode, places, context, options.replay !== undefined);
  const opening = await collect(problems, () => ask.opening(found, recorded));
  const verdict = config
    ? preflight(found.facts)
    : { problems: preflightRepository(found.facts), notices: [] };
  const offered = agentsOffered(loaded.config, found.agents);
  const bridge =
    mode === 'land' ? undefined : await collect(problems, () => bridgeFor(options.bridge, located, context));
  const named = (opening?.plan ?? []).flatMap((draft) => agentsNamedBy(draft, loaded.config));
  const others = [...agentsOfWorkers(loaded.config), ...votersOf(loaded.config)];
  const wishes = [...named, ...others];
  problems.push(
    ...notYet(loaded.config, mode),
    ...verdict.problems,
    ...(config && mode !== 'land' ? agentProblems(config.config, found.agents, wishes) : []),
    ...(config && mode !== 'land' ? handsProblems(config.config, namesOf(loaded.config, offered)) : []),
    ...(options.bridge && !bridge ? [] : unmetWishes(opening, loaded.config, offered, bridge?.workers)),
    ...(mode === 'land' ? [] : voterProblems(loaded.config, offered)),
    ...unpricedProblems(
      unpricedWishes(loaded.config, opening?.plan ?? [], others, places, context).filter(
        isNew(found.facts.unpriced),
      ),
      found.facts.pricesFile,
    ),
  );
  const isPushed = loaded.config.deliver === 'push';
  const remote = isPushed
    ? await collect(problems, () => remoteOf(found, context.env, ask.pushTo))
    : undefined;
  const isPull = loaded.config.deliver === 'pr';
  const forge = isPull ? await collect(problems, () => forgeReady(found, context.env)) : undefined;
  if (options.stack && !isPull) problems.push(loneStack);
  const { run, landOn } = await placeOf(located, found, loaded.config, context);
  await collect(problems, () => rehearsed(found, landOn));
  if (problems.length > 0 || !opening || found.target === undefined) throw new SwarmError(problems);
  const network = await setupNetworkFor(loaded.config, opening, found, options.setupNetwork);
  const said = [...(opening.notices ?? []), ...network.notices, ...verdict.notices];
  const notices = [
    ...said,
    ...wayOutNotices(loaded.config, found.facts.sandboxProbe),
    ...(await treeNotices(found)),
    ...(forge?.notices ?? []),
  ];
  const told = { run, landOn, opening, notices, ...(remote && { remote }) };
  const asked = { ...loaded, config: network.config };
  const pinned = await pin(located, asked, found, told, places, context);
  const cassette = cassetteOf(options, context.cwd);
  const file = {
    ...pinned.file,
    ...(options.fixRed && { fixRed: true as const }),
    ...(bridge && { bridge }),
    ...(isPull && { pull: pullOf(options, loaded.config) }),
    ...(opening.issue && { issue: opening.issue }),
    ...(cassette && { cassette }),
  };
  const shown = [...pinned.shown, ...(bridge ? bridgeShown(bridge) : [])];
  if (!recorded) return { ...pinned, file, shown };
  return {
    ...pinned,
    file,
    shown,
    notices: [...pinned.notices, ...recorded.notices, ...differences(recorded, file, pinned.base)],
  };
}

const pullOf = ({ stack }: RunOptions, { draft }: Config): NonNullable<RunFile['pull']> => ({
  ...(stack && { isStacked: true as const }),
  ...(draft && { isDraft: true as const }),
});

const loneStack: Problem = {
  code: 'SW0101',
  what: '--stack makes a pull request of each task, and none is wanted',
  where: '--stack',
  fix: '--deliver pr --stack',
};

/** What was told already is not told again. */
const isNew =
  (told: readonly string[]) =>
  (model: string): boolean =>
    !told.includes(model);

/** A plan is refused whole: whom its tasks ask for is known before anything is spent. */
function unmetWishes(
  opening: Opening | undefined,
  config: Config,
  offered: readonly string[],
  foreign?: readonly ForeignWorker[],
): Problem[] {
  const agents = namesOf(config, offered);
  return (opening?.plan ?? []).flatMap((draft): Problem[] => {
    const unmet = unmetWish(draft, { agents, roles: rolesOf(config), ...distributionOf(config), foreign });
    if (unmet === undefined) return [];
    const what = `the plan is wrong: ${unmet.why}`;
    const fix = unmet.meant === undefined ? 'swarm schema task' : `${unmet.meant}   # in ${draft.label}`;
    return [{ code: 'SW0202', what, where: draft.label, fix }];
  });
}

/** Of those swarm knows by name it is told on its own what keeps them away. */
const namesOf = (config: Config, offered: readonly string[]): readonly string[] => [
  ...new Set([...agentNames({ config, agents: offered }), ...PRESET_NAMES]),
];

/** Whom a task, or its role, asks for by name. */
const agentsNamedBy = ({ agent, role }: TaskDraft, { roles = {} }: Config): readonly string[] => {
  if (agent !== undefined) return [agent];
  // Without a role it is a coder's, where several try it.
  const { agent: own, hands = [] } = roles[role ?? 'coder'] ?? {};
  const named = role === undefined ? [] : [own];
  return [...named, ...hands.map((hand) => hand.agent)].flatMap((name) => name ?? []);
};

/** The run's own name, and the reference its landings go to. */
async function placeOf(
  { path }: Located,
  { checkout, target }: Found,
  { deliver }: Config,
  { env }: Context,
): Promise<{ run: RunId; landOn: string }> {
  const now = Date.now();
  // What is no repository is refused in a moment; until then the run has any name.
  const run = checkout.isRepository
    ? await freshRunId(await repositoryPaths(path, checkout.isBare, env), env, now)
    : makeRunId(now, Math.random);
  const isDirect = checkout.isRepository && checkout.isBare && deliver === 'apply';
  return { run, landOn: isDirect ? `refs/heads/${target}` : `refs/heads/swarm/${run}` };
}

/** What a run needs of the repository to publish is tried before anything is spent. @throws SW0316 */
async function rehearsed({ checkout, target }: Found, ref: string): Promise<void> {
  if (!checkout.isRepository || !checkout.targetCommit) return;
  const base = checkout.targetCommit;
  const at = ref === `refs/heads/${target}` ? base : undefined;
  await rehearse({ gitDir: checkout.commonDir, ref, base, ...(at && { at }) });
}

/** Runs one gathering step; what it refuses joins the others. */
async function collect<T>(problems: Problem[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

// ───────────── pinning ─────────────

interface Beginning {
  readonly run: RunId;
  readonly landOn: string;
  readonly opening: Opening;
  readonly notices: readonly string[];
  readonly remote?: RemoteBranch;
}

async function pin(
  located: Located,
  loaded: LoadedConfig,
  found: Found,
  { run, landOn, opening, notices, remote }: Beginning,
  places: ProgramPlaces,
  context: Context,
): Promise<Prepared> {
  const checkout = found.checkout as Extract<CheckoutFacts, { isRepository: true }>;
  const { signing, sandboxProbe } = found.facts;
  const sandbox = worksIn(sandboxProbe);
  const config = opening.mode === 'land' ? forLanding(loaded.config) : loaded.config;
  const target = found.target!;
  const agents = agentsOffered(config, found.agents);
  const isBare = checkout.isBare;
  const gate = found.detected.gate === 'none' ? null : found.detected.gate!;
  const setup =
    found.detected.setup === undefined || found.detected.setup === 'none' ? null : found.detected.setup;
  const file: RunFile = {
    v: 1,
    run,
    openedAt: new Date().toISOString(),
    version: places.version,
    mode: opening.mode,
    repository: located.path,
    isBare,
    target,
    landOn,
    deliver: config.deliver,
    ...(remote && { remote }),
    gate,
    setup,
    sandbox: sandbox.provider,
    identity: identityOf(checkout),
    ...(agents.length > 0 && { agents }),
    ...(signing.kind === 'works' && { signs: true as const }),
    promptHashes: promptHashes(
      places.prompts,
      loaded.promptOverrides,
      rolesOf(config).map(({ name }) => name),
    ),
    configHash: configHash(config),
    config,
  };
  return {
    file,
    repository: await repositoryPaths(located.path, isBare, context.env),
    base: checkout.targetCommit!,
    commonDir: checkout.commonDir,
    promptOverrides: loaded.promptOverrides,
    opening,
    notices: [
      ...notices,
      ...loaded.clamps.map(
        (c) =>
          `swarm.toml asks for ${c.keyPath} = ${c.asked}; ${c.used} is used, for a repository may only tighten`,
      ),
    ],
    shown: [
      `gate: ${gate ?? 'none'}${config.gate.command === undefined ? ` (found: ${found.detected.why.join(', ')})` : ''}`,
      ...(setup ? [`setup: ${setup}`] : []),
      ...sandboxShown(sandbox, config),
      ...votersShown(loaded.config, opening.mode),
      ...(signing.kind === 'works' ? [`signed: what lands, by commit.gpgsign (${signing.format})`] : []),
    ],
  };
}

/** Preflight refuses a run without. */
function worksIn(probe: SandboxProbe): Extract<SandboxProbe, { kind: 'works' }> {
  if (probe.kind === 'works') return probe;
  throw new SwarmError({
    code: 'SW0304',
    what: 'there is no working sandbox',
    why: probe.reason,
    fix: probe.fix,
  });
}

/** Said where it is not the first that comes to mind. */
function sandboxShown({ provider, passedOver }: ReturnType<typeof worksIn>, { boxes }: Config): string[] {
  const docker = provider === 'docker' && boxes?.docker;
  const what = docker ? `${provider} (${docker.engine}, image ${docker.image})` : provider;
  if (provider === CONTAINED || provider === OPEN) return [];
  return [`sandbox: ${what}${passedOver ? `, for ${passedOver}` : ''}`];
}

/** Branches that are handed in at the same time: no agent works on them, and no command runs. */
const HAND_INS_MAX = 64;

/**
 * The merge queue alone: branches are brought in and land in the order given; there is nobody to try one again
 * or to mend what full checks would find, and nothing to spend but time.
 */
function forLanding(config: Config): Config {
  const { timeMs } = config.budget;
  const { command: _none, ...checks } = config.checks;
  const { review: _nobody, ...rest } = config;
  return {
    ...rest,
    workers: { ...config.workers, max: HAND_INS_MAX, attempts: 1 },
    checks,
    budget: { ...(timeMs !== undefined && { timeMs }) },
    overlap: 'off',
  };
}
