/** Wiring of models: endpoints, the planner's client, the gateway of the agents. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DialectName, OWN_DIALECTS } from '@swarm/core/model/dialect';
import { type AttemptId, taskOf } from '@swarm/core/model/ids';
import type { ModelRole, TicketedModel } from '@swarm/core/ports/models';
import { roomIn } from '@swarm/core/rules/conversation';
import { isReviewerName } from '@swarm/core/rules/reviewing';
import {
  type CallLimits,
  type CallReport,
  createEndpointPool,
  createModel,
  createRenewal,
  type EndpointConfig,
  type Gateway,
  type GatewayOptions,
  type HealthChange,
  type ModelOptions,
  mergePrices,
  type PlayerOptions,
  type PriceTable,
  type Profiles,
  profileOf,
  type QuotaNews,
  type Refused,
  readPrices,
  readProfiles,
  startGateway,
  ticketed,
} from '@swarm/llm';
import type { Orchestrator } from '@swarm/orchestrator';
import type { RunLog } from '@swarm/telemetry';
import type { Config } from '../config/resolved.ts';
import { type Environment, operatorPricesFile } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import { usedText } from '../telling/quota-text.ts';
import { systemClock } from './clock.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { keyAnew, keyOf } from './keys.ts';
import type { RunFile } from './run-file.ts';
import type { StandIns } from './stand-ins.ts';

/** Errors: those of keyOf. */
export function endpointsOf(
  file: { readonly config: Pick<Config, 'endpoints'> },
  env: Environment,
): EndpointConfig[] {
  return file.config.endpoints.map((e) => {
    const apiKey = keyOf(e, env);
    return {
      name: e.name,
      baseUrl: e.baseUrl,
      weight: e.weight,
      dialect: e.dialect,
      ...(apiKey && { apiKey }),
      ...(e.auth && { auth: e.auth }),
      ...(e.accountOf && { accountOf: e.accountOf }),
      limits: limitsOf(e),
    };
  });
}

const limitsOf = ({ maxConcurrent, ratePerMinute }: Config['endpoints'][number]): CallLimits => ({
  ...(maxConcurrent !== undefined && { maxConcurrent }),
  ...(ratePerMinute !== undefined && { ratePerMinute }),
});

/** With another key, where a command gives it, once a server rejects the first. @param learn is told of it before it is used. */
export function renewable(
  { file, env }: Pick<ComposeAsk, 'file' | 'env'>,
  learn: (key: string) => void,
): (endpoint: EndpointConfig) => EndpointConfig {
  return (endpoint) => {
    const { keyCommand } = file.config.endpoints.find(({ name }) => name === endpoint.name) ?? {};
    if (keyCommand === undefined) return endpoint;
    const ask = async (): Promise<string> => {
      const key = await keyAnew(keyCommand, env);
      learn(key);
      return key;
    };
    return { ...endpoint, renewal: createRenewal(ask) };
  };
}

export function modelNames(file: {
  readonly config: Pick<Config, 'models' | 'roles'>;
}): Readonly<Record<ModelRole, string>> {
  const { models, roles } = file.config;
  const any = models.default ?? models.worker ?? models.planner ?? 'default';
  return {
    planner: models.planner ?? any,
    worker: models.worker ?? any,
    reconciler: models.reconciler ?? any,
    reviewer: roles?.reviewer?.model ?? models.reviewer ?? any,
  };
}

/** The model an agent is given: its own, else the workers'. */
export const agentModel = (
  file: { readonly config: Pick<Config, 'models' | 'agent'> },
  agent: string,
): string => file.config.agent.models?.[agent] ?? modelNames(file).worker;

/** The table we ship, and the operator's own prices over it. Errors: SW0102 for what is wrong in either. */
export function pricesOf(places: ProgramPlaces, env: Environment): PriceTable {
  const shipped = readPrices(readFileSync(places.prices, 'utf8'), places.prices);
  const own = operatorPricesFile(env);
  return existsSync(own)
    ? mergePrices(shipped, readPrices(readFileSync(own, 'utf8'), own).perMillion)
    : shipped;
}

/** The table we ship, and the configuration's own profiles over it. Errors: SW0102 for what is wrong in the table. */
export function profilesOf(places: ProgramPlaces, file: Pick<RunFile, 'config'>): readonly Profiles[] {
  const path = join(dirname(places.prices), 'models.json');
  return [readProfiles(readFileSync(path, 'utf8'), path), file.config.profiles ?? {}];
}

/** What a planner's conversation may have; undefined where the model's window is not known. */
export function contextChars(model: string, profiles: readonly Profiles[]): number | undefined {
  const { window } = profileOf(model, ...profiles);
  return window === undefined ? undefined : roomIn(window);
}

/** What the built-in agent has to know of its model, where that is known. */
export function agentProfile(
  model: string,
  profiles: readonly Profiles[],
): { readonly windowTokens?: number; readonly textTools?: true } {
  const { window, textTools } = profileOf(model, ...profiles);
  return { ...(window !== undefined && { windowTokens: window }), ...(textTools && { textTools }) };
}

/**
 * The dialect the built-in agent speaks: that of most of the load among those it can; the earlier one on a tie.
 * Undefined without such an endpoint.
 */
export function agentDialect(endpoints: readonly EndpointConfig[]): DialectName | undefined {
  // Accounts share the calls of one server.
  const servers = [...new Map(endpoints.map((e) => [e.accountOf ?? e.name, e])).values()];
  const weightOf = (name: DialectName): number =>
    servers.reduce((sum, { dialect = 'chat', weight = 100 }) => sum + (dialect === name ? weight + 1 : 0), 0);
  const spoken = OWN_DIALECTS.filter((name) => weightOf(name) > 0);
  return spoken.toSorted((a, b) => weightOf(b) - weightOf(a))[0];
}

/** Where models are asked from: the planner's way and the agents', which share what they know of the endpoints. */
export interface Models {
  readonly model: TicketedModel;
  readonly gateway: Gateway;
}

/**
 * Nothing without an endpoint: a plan done by a command agent needs no model. What is met here concerns the whole
 * fleet: an outage pauses it, a refused key ends it.
 * @param over hears every call, or answers it.
 * @param orchestrator the run, once there is one.
 * @param standIns another agent may go on where a quota is used up.
 * @param until fires with the end of the run's time: from then on no call is held.
 */
export async function modelsOf(
  ask: ComposeAsk,
  over: (endpoint: EndpointConfig) => EndpointConfig,
  log: RunLog,
  orchestrator: () => Orchestrator | undefined,
  until: AbortSignal,
  standIns: StandIns,
): Promise<Models | undefined> {
  const endpoints = endpointsOf(ask.file, ask.env).map(over);
  if (endpoints.length === 0) return undefined;
  const onHealth = ({ kind, why }: HealthChange): void => {
    log.write(`endpoint.${kind}`, { msg: why });
    if (kind === 'down') void orchestrator()?.ask({ type: 'pause', reason: 'endpoints-down', detail: why });
  };
  const shared = { ...sharedBy(ask, endpoints), ...endpointNews(log), until };
  const pool = createEndpointPool({ ...shared, onHealth, onQuota: quotaTeller(log) });
  const bare = createModel({ ...shared, pool, onCall: (report) => tellCall(log, report) });
  const model = ticketed(bare, shared.prices);
  const onRefused = ({ kind, why, moreAt, attempt }: Refused): void => {
    const next = kind === 'quota' ? standIns.usedUp(attempt, moreAt) : undefined;
    if (next === undefined)
      orchestrator()?.halt({ why: kind, detail: why, ...(moreAt !== undefined && { moreAt }) });
    else log.write('agent.replaced', { msg: `${next} goes on: ${why}`, attempt, data: { agent: next, why } });
  };
  const socketDir = await gatewayFolder(ask);
  const gateway = startGateway({ ...shared, pool, socketDir, onRefused, ...agentCalls(log) });
  return { model, gateway: closingWith(gateway, () => rm(socketDir, { recursive: true, force: true })) };
}

type ModelAsk = Pick<ComposeAsk, 'file' | 'env' | 'places'>;

/** The planner's way alone, for a look before there is a run. Undefined without an endpoint. */
export function modelAlone(ask: ModelAsk): TicketedModel | undefined {
  const endpoints = endpointsOf(ask.file, ask.env);
  if (endpoints.length === 0) return undefined;
  const shared = sharedBy(ask, endpoints);
  return ticketed(createModel(shared), shared.prices);
}

const sharedBy = (ask: ModelAsk, endpoints: EndpointConfig[]) => ({
  endpoints,
  clock: systemClock,
  rng: Math.random,
  models: modelNames(ask.file),
  prices: pricesOf(ask.places, ask.env),
  profiles: profilesOf(ask.places, ask.file),
});

const closingWith = (gateway: Gateway, after: () => Promise<void>): Gateway => ({
  ...gateway,
  close: () => gateway.close().then(after),
});

/** Beside the control socket: unix socket paths must be short, and state directories need not be. */
async function gatewayFolder({ file }: ComposeAsk): Promise<string> {
  const folder = `${file.control!}.gw`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** What endpoints say of their quotas: while they answer, when nothing is left, and when there is more. */
const quotaTeller =
  (log: RunLog) =>
  ({ kind, endpoint, quotas, moreAt, why }: QuotaNews): void => {
    const data = { endpoint, quotas, ...(moreAt !== undefined && { moreAt }), ...(why && { why }) };
    switch (kind) {
      case 'heard':
        return log.write('endpoint.quota', { msg: `${endpoint}: ${usedText(quotas)}`, data });
      case 'emptied': {
        const more =
          moreAt === undefined ? 'it does not say until when' : `more at ${new Date(moreAt).toISOString()}`;
        return log.write('endpoint.emptied', { msg: `${endpoint} has no quota left: ${more}`, data });
      }
      case 'refilled':
        return log.write('endpoint.refilled', { msg: `${endpoint} has quota again`, data });
    }
  };

/** What is known about endpoints from the calls to them. */
const endpointNews = (log: RunLog): Pick<ModelOptions, 'onLearnt' | 'onProbe'> => ({
  onLearnt: ({ endpoint, model, told }) =>
    log.write('endpoint.learnt', { msg: `${endpoint}: ${told}`, data: { endpoint, model } }),
  onProbe: ({ endpoint, doesAnswer, ...data }) =>
    log.write('endpoint.probed', {
      msg: `${endpoint} ${doesAnswer ? 'finishes' : 'does not finish'} a small call`,
      data: { endpoint, doesAnswer, ...data },
    }),
});

/** A replay that goes on though a command printed something else. */
export const driftTeller =
  (log: RunLog): PlayerOptions['onDrift'] =>
  ({ role, task, attempt }, line) =>
    log.write('cassette.drifted', {
      msg: `${attempt ?? role}: what tools gave back differs from line ${line} of the cassette; answered all the same`,
      data: { role, task, attempt, line },
    });

const roleOf = (attempt: AttemptId): ModelRole => (isReviewerName(attempt) ? 'reviewer' : 'worker');

/** What agents ask of models, through the gateway. */
const agentCalls = (log: RunLog): Pick<GatewayOptions, 'onUsage' | 'onRetry'> => ({
  onUsage: (attempt, usage, { model, ...detail }) =>
    log.write('model.called', {
      msg: `call of ${attempt} to ${model}`,
      task: taskOf(attempt),
      attempt,
      data: { role: roleOf(attempt), model, ...detail, usage },
    }),
  onRetry: (attempt, retry) =>
    log.write('model.retried', {
      msg: `call of ${attempt} is made again: ${retry.why}`,
      task: taskOf(attempt),
      attempt,
      data: { role: roleOf(attempt), ...retry },
    }),
});

function tellCall(log: RunLog, report: CallReport): void {
  const { kind, role, model, task, attempt, ...rest } = report;
  const about = { ...(task && { task }), ...(attempt && { attempt }), data: { role, model, ...rest } };
  if (kind === 'retried')
    log.write('model.retried', { ...about, msg: `${role} call to ${model} is made again` });
  else if (kind === 'failed')
    log.write('model.failed', { ...about, msg: `${role} call to ${model} failed: ${report.end.kind}` });
  else log.write('model.called', { ...about, msg: `${role} call to ${model}: ${report.end.kind}` });
}
