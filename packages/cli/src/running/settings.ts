import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { CommitId } from '@swarm/core/model/ids';
import { type Limits, type Request, TASKS_MAX } from '@swarm/core/model/request';
import { type Role, rolesWith } from '@swarm/core/rules/roles';
import type { AgainCommand, BranchDraft, Settings } from '@swarm/orchestrator';
import { keepsWayOut } from '../config/sandboxes.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { contextChars, modelNames, profilesOf } from './models.ts';
import type { RunFile } from './run-file.ts';

/** What a run was asked, and how long things may take: from the pinned description. */
export function settingsOf(
  ask: ComposeAsk,
  base: CommitId,
  branches: readonly BranchDraft[] | undefined,
): Settings {
  const { config, run, configHash, version } = ask.file;
  return {
    ...(ask.opening && { open: { run, request: requestOf(ask, base), configHash } }),
    ...(ask.opening?.plan && { plan: ask.opening.plan }),
    ...(branches && { branches }),
    ...(ask.again && { again: ask.again }),
    version,
    host: hostname(),
    pid: process.pid,
    attempt: {
      steps: config.workers.steps ?? 150,
      wallMs: config.workers.timeoutMs,
      quietMs: Math.min(config.workers.timeoutMs, 600_000),
      ...(config.workers.sparse && { isSparse: true as const }),
      ...(config.workers.notes && { sharesNotes: true as const }),
    },
    gate: {
      timeoutMs: config.gate.timeoutMs,
      flakyRetries: config.gate.flakyRetries,
      preGate: config.workers.preGate,
      ...(config.gate.limits && { limits: config.gate.limits }),
    },
    ...(config.review && { review: reviewSettings(ask, config.review) }),
    ...(config.verify?.prove && { proves: true as const }),
    checks: { timeoutMs: Math.max(config.gate.timeoutMs, 1_800_000) },
    setup: { timeoutMs: 1_800_000, network: config.setupNetwork ?? 'base' },
    drainMs: 30_000,
    sweepMs: 60_000,
    tasksPerIteration: 25,
    plannerContextChars:
      contextChars(modelNames(ask.file).planner, profilesOf(ask.places, ask.file)) ?? 350_000,
  };
}

function reviewSettings(
  { file, places }: ComposeAsk,
  { timeoutMs }: NonNullable<RunFile['config']['review']>,
): NonNullable<Settings['review']> {
  const agent = file.config.roles?.reviewer?.agent;
  return {
    wallMs: timeoutMs,
    ...(agent !== undefined && { agent }),
    contextChars: contextChars(modelNames(file).reviewer, profilesOf(places, file)) ?? 350_000,
    newSeal: () => randomBytes(12).toString('hex'),
  };
}

function requestOf(ask: ComposeAsk, base: CommitId): Request {
  const { file, opening } = ask;
  const { config } = file;
  return {
    text: opening!.text,
    mode: file.mode,
    target: file.target,
    landOn: file.landOn,
    deliver: file.deliver,
    ...(file.remote && { remote: `${file.remote.remote}/${file.remote.branch}` }),
    base,
    ...(file.gate !== null && { gate: file.gate }),
    gateHash: gateHash(file),
    // Without a gate nothing is tested, whatever the policy.
    gatePolicy: config.gate.policy === 'none' ? 'strict' : config.gate.policy,
    gateParallel: config.gate.parallel,
    ...(file.setup !== null && { setup: file.setup }),
    ...(config.checks.command !== undefined && { checks: config.checks.command }),
    checksMinMs: config.checks.minIntervalMs,
    checksMaxMs: config.checks.maxIntervalMs,
    ...(config.checks.revertAfter !== undefined && { revertAfter: config.checks.revertAfter }),
    limits: limitsOf(file),
    agents: agentNames(file),
    ...(file.bridge && { foreign: file.bridge.workers }),
    ...agentHostsOf(file),
    roles: rolesOf(config),
    ...(config.pipeline && { pipeline: config.pipeline }),
    ...distributionOf(config),
    overlap: config.overlap,
    ...(config.gate.protect?.length > 0 && { protect: config.gate.protect }),
    ...(file.fixRed && { fixRed: true as const }),
    ...(file.hosts && { hosted: true as const }),
    // An agent may obey what outsiders wrote, whatever the plan says: what leaves its scope is then nobody's wish.
    outside: opening!.hasOutsiders ? 'hold' : config.outside,
    ...(opening!.hasOutsiders && { hasOutsiders: true as const }),
    ...reviewOf(config),
    ...acceptanceOf(ask),
  };
}

function reviewOf({ review }: RunFile['config']): Pick<Request, 'review'> {
  if (!review) return {};
  const { reviewers, threshold, quorum } = review;
  return { review: { reviewers, threshold, quorum } };
}

/** What the operator names counts whatever the configuration says. Branches other people made bring no criteria. */
function acceptanceOf({ file, opening }: ComposeAsk): Pick<Request, 'acceptance'> {
  const { accept } = opening!;
  const isWanted = accept !== undefined || file.config.verify?.criteria !== false;
  return isWanted && file.mode !== 'land' ? { acceptance: { criteria: accept ?? [] } } : {};
}

/** Told to planner and agents only where the sandbox keeps it. */
function agentHostsOf({ config, sandbox }: RunFile): Pick<Request, 'agentHosts'> {
  const hosts = config.shown?.agentEgress ?? [];
  return hosts.length > 0 && keepsWayOut(sandbox) ? { agentHosts: hosts } : {};
}

/** Roles this run has. */
export const rolesOf = ({
  roles = {},
  roleTools = {},
}: Pick<RunFile['config'], 'roles' | 'roleTools'>): readonly Role[] =>
  rolesWith(roles).map((role) => {
    const tools = roleTools[role.name];
    return tools ? { ...role, tools } : role;
  });

/** Kinds of workers as tasks meet them; agent and model of each are the operator's, and stay in the configuration. */
export function distributionOf({
  distribute,
}: Pick<RunFile['config'], 'distribute'>): Pick<Request, 'distribute'> {
  if (!distribute) return {};
  const kinds = distribute.workers.map(({ name, slots, capabilities }) => ({ name, slots, capabilities }));
  return { distribute: { by: distribute.by, kinds } };
}

/** Agents this run has, by the names tasks ask for them. */
export const agentNames = ({
  config,
  agents = [],
}: Pick<RunFile, 'config' | 'agents'>): readonly string[] => [
  'builtin',
  ...(config.agent.acp ? ['acp'] : []),
  ...(config.agent.command ? ['command'] : []),
  ...agents,
];

function limitsOf({ config, mode }: Pick<RunFile, 'config' | 'mode'>): Limits {
  const { usd, tokens, timeMs, soft, taskTokens, taskUsd, roles } = config.budget;
  const attemptUsd = config.workers.usd;
  return {
    workers: config.workers.max,
    attempts: config.workers.attempts,
    ...(tokens !== undefined && { tokens }),
    ...(usd !== undefined && { usd }),
    ...(timeMs !== undefined && { timeMs }),
    tasks: TASKS_MAX,
    attemptTokens: config.workers.tokens ?? 2_000_000,
    ...(config.depth !== undefined && { depth: config.depth }),
    ...(config.candidates !== undefined && { candidates: config.candidates }),
    ...(attemptUsd !== undefined && { attemptUsd }),
    ...(taskTokens !== undefined && { taskTokens }),
    ...(taskUsd !== undefined && { taskUsd }),
    ...(roles !== undefined && { roles }),
    ...(soft !== undefined && mode !== 'land' && { soft }),
  };
}

/** What names another gate than the run began with. */
export const gateChange = (file: RunFile): Extract<AgainCommand, { type: 'changeGate' }> => ({
  type: 'changeGate',
  ...(file.gate !== null && { gate: file.gate }),
  gateHash: gateHash(file),
});

/** Hex, 12 digits: what a candidate is tested with. The tested tree is the trailer's other half. */
function gateHash(file: RunFile): string {
  if (file.gate === null) return 'none';
  const { mounts = [], env = [] } = file.config.shown ?? {};
  // What is shown on top of the system is part of what it is tested with; where nothing is, the hash is as ever.
  const shown = mounts.length + env.length > 0 ? [{ mounts, env }] : [];
  const box = file.sandbox === 'docker' ? [file.config.boxes?.docker?.image] : [];
  const tested = JSON.stringify([file.gate, file.setup, file.sandbox, ...shown, ...box]);
  return createHash('sha256').update(tested).digest('hex').slice(0, 12);
}
