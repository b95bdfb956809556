/** The configuration as code uses it: our own names, units in them, nothing left to parse. */
import { createHash } from 'node:crypto';
import type { SpendRole } from '@swarm/core/model/request';
import type { WorkerKind } from '@swarm/core/rules/distribute';
import type { Role, Staff } from '@swarm/core/rules/roles';
import type { ModelProfile } from '@swarm/llm';
import type { BoxChoice, EngineChoice } from '@swarm/sandbox';
import type { Environment } from '../finding/paths.ts';
import { ms, present } from './present.ts';
import { distributeOf, resolveRoles, reviewOf, roleTools } from './resolved-hands.ts';
import type { CompleteConfig } from './schema.ts';
import { mountPath } from './shown.ts';
import { type BudgetPart, parseBytes, parsePart } from './units.ts';

export interface EndpointConfig {
  readonly name: string;
  readonly baseUrl: string;
  /** Name of the environment variable, never the key itself. */
  readonly keyEnv?: string;
  /** Path of a file that holds it: absolute, or from `~/`. */
  readonly keyFile?: string;
  /** Program and arguments that print it. */
  readonly keyCommand?: readonly string[];
  /** The key is shown as a bearer, whatever the dialect. */
  readonly auth?: 'bearer';
  /** The endpoint that it is an account of, `<endpoint>/<account>`. */
  readonly accountOf?: string;
  /** Calls at the same time. */
  readonly maxConcurrent?: number;
  readonly ratePerMinute?: number;
  readonly weight: number;
  readonly dialect: CompleteConfig['endpoints'][number]['dialect'];
}

/** A server of the Model Context Protocol: a program, or an address. */
export interface McpServerConfig {
  readonly name: string;
  readonly run?: readonly string[];
  readonly url?: string;
  readonly where: 'inside' | 'outside';
  /** Names of variables. */
  readonly env: readonly string[];
  readonly keyEnv?: string;
  readonly tools?: readonly string[];
  readonly timeoutMs: number;
}

/** What one command and everything it starts may use. */
export interface ResourceLimits {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly processes: number;
}

export interface Config {
  /** Absent: the branch that is checked out. */
  readonly target?: string;
  readonly workers: {
    readonly max: number;
    readonly attempts: number;
    /** Absent in runs that were opened before there was such a thing. */
    readonly steps?: number;
    readonly tokens?: number;
    readonly usd?: number;
    readonly timeoutMs: number;
    readonly preGate: boolean;
    /** The first attempt at a task sees the folders of its scope only; absent: all of the tree. */
    readonly sparse?: true;
    /** Absent: only the operator sets notes. */
    readonly notes?: true;
    readonly sandbox: CompleteConfig['workers']['sandbox'];
    readonly limits: ResourceLimits;
  };
  /** Absent: to be detected. `'none'`: there is to be none. */
  readonly setup?: string;
  /** Setup of work that needs other dependencies than the base may reach the network too. Absent: the base's alone. */
  readonly setupNetwork?: 'work';
  /** On top of the system; absent in runs that were opened before there was such a thing. */
  readonly shown?: {
    /** Absolute host folders, shown read-only where they lie. */
    readonly mounts: readonly string[];
    /** Names of variables everything in a sandbox is given. */
    readonly env: readonly string[];
    /** Names of variables only setup on the trusted base is given. */
    readonly setupEnv: readonly string[];
    /** Hosts setup may reach besides its registries; absent in runs that were opened before there was such a thing. */
    readonly egress?: readonly string[];
    /** Hosts agents may reach; absent as well. */
    readonly agentEgress?: readonly string[];
  };
  /** What the operator chose for the sandboxes that need a choice; absent where none is made. */
  readonly boxes?: {
    readonly docker?: Omit<EngineChoice, 'env'>;
    readonly command?: Omit<BoxChoice, 'env' | 'records'>;
  };
  readonly gate: {
    /** Absent: to be detected. `'none'`: land untested. */
    readonly command?: string;
    readonly timeoutMs: number;
    readonly policy: CompleteConfig['gate']['policy'];
    readonly parallel: number;
    readonly flakyRetries: number;
    readonly limits: ResourceLimits;
    readonly protect: readonly string[];
  };
  readonly checks: {
    readonly command?: string;
    readonly minIntervalMs: number;
    readonly maxIntervalMs: number;
    /** Absent: never. */
    readonly revertAfter?: number;
  };
  readonly budget: {
    readonly usd?: number;
    readonly tokens?: number;
    readonly timeMs?: number;
    /** These are absent where they were not given, and in runs that were opened before there was such a thing. */
    readonly soft?: number;
    readonly taskTokens?: number;
    readonly taskUsd?: number;
    readonly roles?: Partial<Record<SpendRole, BudgetPart>>;
  };
  /** Absent: as it is without the table. */
  readonly verify?: { readonly criteria?: false; readonly prove?: true };
  readonly models: {
    readonly default?: string;
    readonly planner?: string;
    readonly worker?: string;
    readonly reconciler?: string;
    readonly reviewer?: string;
  };
  /** By glob of a model's name; absent where none is given. */
  readonly profiles?: Readonly<Record<string, ModelProfile>>;
  readonly endpoints: readonly EndpointConfig[];
  readonly agent: {
    readonly driver: CompleteConfig['agent']['driver'];
    readonly acp?: { readonly run: readonly string[]; readonly mode?: string };
    /** Stand in for it, in this order; absent where there are none. */
    readonly fallback?: readonly CompleteConfig['agent']['driver'][];
    /** Models by the agent's name; absent where none is given. */
    readonly models?: Readonly<Record<string, string>>;
    readonly command?: { readonly run: readonly string[] };
  };
  /** What was configured of roles, by name; absent where nothing was. */
  readonly roles?: Readonly<Record<string, Omit<Role, 'name' | 'tools'>>>;
  /** Tools of the built-in agent, by role: absent roles have all of them, and so has every role of older runs. */
  readonly roleTools?: Readonly<Record<string, readonly string[]>>;
  /** Levels a task may be split into; absent: none. */
  readonly depth?: number;
  /** How many a planner may have try one task; absent: one. */
  readonly candidates?: number;
  /** Roles that do a change one after the other; absent: one worker does it. */
  readonly pipeline?: readonly string[];
  /** Kinds of workers; absent: all are alike. */
  readonly distribute?: {
    readonly by: CompleteConfig['distribute']['by'];
    readonly workers: readonly (WorkerKind & Pick<Staff, 'agent' | 'model'>)[];
  };
  /** Absent where there are none. */
  readonly mcp?: readonly McpServerConfig[];
  /** Absent: the rules look, and nothing is allowed. */
  readonly secrets?: { readonly rules: 'on' | 'off'; readonly allow: readonly string[] };
  /** Absent: nobody votes. */
  readonly review?: {
    readonly reviewers: number;
    readonly threshold: number;
    readonly quorum: number;
    readonly timeoutMs: number;
  };
  /** Absent: nobody is told. */
  readonly notify?: { readonly command?: readonly string[]; readonly webhookEnv?: string };
  readonly overlap: CompleteConfig['scope']['overlap'];
  readonly outside: CompleteConfig['scope']['outside'];
  readonly deliver: CompleteConfig['deliver']['to'];
  readonly sign: CompleteConfig['deliver']['sign'];
  /** Absent in runs of before it was there. */
  readonly draft?: true;
  /** Absent: no reference carries the run. */
  readonly journal?: { readonly everyMs: number };
}

/**
 * @param complete already validated: every duration in it parses.
 * @param environment what `~` in a path is taken from.
 */
export function resolveConfig(complete: CompleteConfig, environment: Environment): Config {
  const { workers, env, sandbox, gate, checks, budget, endpoints, agent, scope, secrets, deliver } = complete;
  const { profiles, ...models } = complete.models;
  return {
    ...present({ target: complete.target, setup: env.setup }),
    ...(env.network === 'work' && { setupNetwork: env.network }),
    workers: {
      max: workers.max,
      attempts: workers.attempts,
      steps: workers.steps,
      tokens: workers.tokens,
      ...present({ usd: workers.usd }),
      timeoutMs: ms(workers.timeout),
      preGate: workers.pre_gate,
      ...(workers.sparse === 'on' && { sparse: true as const }),
      ...(workers.notes === 'on' && { notes: true as const }),
      sandbox: workers.sandbox,
      limits: resourceLimits(workers),
    },
    shown: {
      mounts: sandbox.mounts.map((written) => mountPath(written, environment)),
      env: sandbox.env,
      setupEnv: sandbox.setup_env,
      egress: sandbox.egress,
      agentEgress: sandbox.agent_egress,
    },
    ...boxesOf(sandbox),
    gate: {
      ...present({ command: gate.command }),
      timeoutMs: ms(gate.timeout),
      policy: gate.policy,
      parallel: gate.parallel,
      flakyRetries: gate.flaky_retries,
      limits: resourceLimits(gate),
      protect: gate.protect,
    },
    checks: {
      ...present({ command: checks.command }),
      minIntervalMs: ms(checks.min_interval),
      maxIntervalMs: ms(checks.max_interval),
      // 0 is how the file says never.
      ...(checks.revert_after > 0 && { revertAfter: checks.revert_after }),
    },
    ...(!complete.verify.criteria || complete.verify.prove ? { verify: resolveVerify(complete.verify) } : {}),
    budget: resolveBudget(budget),
    models: present(models),
    ...(Object.keys(profiles).length > 0 && { profiles: resolveProfiles(profiles) }),
    endpoints: endpoints.flatMap(resolveEndpoint),
    agent: {
      driver: agent.driver,
      ...(agent.fallback.length > 0 && { fallback: agent.fallback }),
      ...(Object.keys(agent.models).length > 0 && { models: agent.models }),
      ...(agent.acp && { acp: { run: agent.acp.run, ...present({ mode: agent.acp.mode }) } }),
      ...present({ command: agent.command }),
    },
    ...(Object.keys(complete.roles).length > 0 && { roles: resolveRoles(complete.roles) }),
    roleTools: roleTools(complete),
    ...(complete.planner.depth > 0 && { depth: complete.planner.depth }),
    ...(complete.planner.candidates > 1 && { candidates: complete.planner.candidates }),
    ...(complete.pipeline.length > 0 && { pipeline: complete.pipeline }),
    ...distributeOf(complete),
    ...(Object.keys(complete.mcp.servers).length > 0 && {
      mcp: Object.entries(complete.mcp.servers).map(([name, s]) => ({
        name,
        where: s.where,
        env: s.env,
        timeoutMs: ms(s.timeout),
        ...present({ run: s.run, url: s.url?.replace(/\/+$/, ''), keyEnv: s.key_env, tools: s.tools }),
      })),
    }),
    ...((secrets.rules === 'off' || secrets.allow.length > 0) && { secrets }),
    ...reviewOf(complete),
    ...notifyOf(complete.notify),
    overlap: scope.overlap,
    outside: scope.outside,
    deliver: deliver.to,
    sign: deliver.sign,
    ...(deliver.draft && { draft: true as const }),
    ...(complete.journal.ref && { journal: { everyMs: ms(complete.journal.every) } }),
  };
}

function notifyOf({ command, webhook_env }: CompleteConfig['notify']): Pick<Config, 'notify'> {
  if (command === undefined && webhook_env === undefined) return {};
  return { notify: present({ command, webhookEnv: webhook_env }) };
}

function resolveBudget({ usd, tokens, time, soft, ...more }: CompleteConfig['budget']): Config['budget'] {
  const isBounded = usd !== undefined || tokens !== undefined || time !== undefined;
  const roles = Object.entries(more.roles).map(([role, text]) => [role, parsePart(text)!]);
  return present({
    usd,
    tokens,
    timeMs: time === undefined ? undefined : ms(time),
    soft: isBounded && soft < 1 ? soft : undefined,
    taskTokens: more.task_tokens,
    taskUsd: more.task_usd,
    roles: roles.length > 0 ? Object.fromEntries(roles) : undefined,
  });
}

type WrittenEndpoint = CompleteConfig['endpoints'][number];
type WrittenKey = Pick<WrittenEndpoint, 'key_env' | 'key_file' | 'key_command' | 'auth'>;

/** Each account is asked, and told of, as an endpoint of its own. */
function resolveEndpoint(e: WrittenEndpoint): readonly EndpointConfig[] {
  const common = {
    baseUrl: e.base_url.replace(/\/+$/, ''),
    ...present({ maxConcurrent: e.max_concurrent, ratePerMinute: e.rate }),
    weight: e.weight,
    dialect: e.dialect,
  };
  if (e.accounts === undefined) return [{ name: e.name, ...keyOf(e), ...common }];
  return e.accounts.map((account) => ({
    name: `${e.name}/${account.name}`,
    accountOf: e.name,
    ...keyOf({ ...account, auth: account.auth ?? e.auth }),
    ...common,
  }));
}

const keyOf = ({ key_env, key_file, key_command, auth }: WrittenKey) =>
  present({ keyEnv: key_env, keyFile: key_file, keyCommand: key_command, auth });

/** Without an image there is no choice of an engine. */
function boxesOf({ docker, command }: CompleteConfig['sandbox']): Pick<Config, 'boxes'> {
  const engine = docker?.image !== undefined && {
    image: docker.image,
    engine: docker.engine,
    ...(docker.cpus !== undefined && { cpus: docker.cpus }),
  };
  const box = command && boxChoice(command);
  if (!engine && !box) return {};
  return { boxes: { ...(engine && { docker: engine }), ...(box && { command: box }) } };
}

/** All three or none: a part of them is refused before. */
function boxChoice({ create, exec, destroy, image }: NonNullable<CompleteConfig['sandbox']['command']>) {
  if (!create || !exec || !destroy) return undefined;
  return { create, exec, destroy, ...(image !== undefined && { image }) };
}

const resolveProfiles = (profiles: CompleteConfig['models']['profiles']): NonNullable<Config['profiles']> =>
  Object.fromEntries(
    Object.entries(profiles).map(([glob, p]) => [
      glob,
      present({
        window: p.window,
        maxOutput: p.max_output,
        maxOutputField: p.max_output_field,
        reasoningEffort: p.reasoning_effort,
        temperature: p.temperature,
        firstByteMs: p.first_byte === undefined ? undefined : ms(p.first_byte),
        idleMs: p.idle === undefined ? undefined : ms(p.idle),
        totalMs: p.total === undefined ? undefined : ms(p.total),
        streamOptions: p.stream_options,
        parallelTools: p.parallel_tools,
        textTools: p.text_tools,
        cache: p.cache,
        extraBody: p.extra_body,
      }),
    ]),
  );

const resolveVerify = (t: CompleteConfig['verify']): NonNullable<Config['verify']> => ({
  ...(!t.criteria && { criteria: false as const }),
  ...(t.prove && { prove: true as const }),
});

const resourceLimits = (t: { memory: string; disk: string; processes: number }): ResourceLimits => ({
  memoryBytes: parseBytes(t.memory)!,
  diskBytes: parseBytes(t.disk)!,
  processes: t.processes,
});

/** The same configuration has the same hash, in whatever order it was written. Hex, 16 digits. */
export function configHash(config: Config): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, sorted(v)]),
  );
}
