/** One real call to each endpoint that answers: a list of models proves little. Asked for first where it may cost. */

import { durationText } from '@swarm/core/views/words';
import { type CallLook, type EndpointConfig, lookByCall, type Quota } from '@swarm/llm';
import type { Config } from '../config/resolved.ts';
import { askYesNo, isSomebodyThere } from '../preparing/ask.ts';
import { endpointFault, type FaultyEndpoint } from '../preparing/endpoint-faults.ts';
import type { EndpointProbe } from '../preparing/preflight-models.ts';
import type { Context } from '../program/context.ts';
import { systemClock } from '../running/clock.ts';
import { endpointsOf } from '../running/models.ts';
import { quotaText } from '../telling/quota-text.ts';
import { type Check, failed, note, ok } from './check.ts';

export interface CallsAsk {
  readonly config: Config;
  readonly probes: readonly EndpointProbe[];
  /** The model that is asked for; undefined where none is named. */
  readonly model: string | undefined;
  /** `--yes`: make the call without asking. */
  readonly isYes: boolean;
}

/** Nothing of endpoints that do not answer: what is wrong with those is known without a call. */
export async function callChecks(ask: CallsAsk, context: Context): Promise<readonly Check[]> {
  const { config, probes, model } = ask;
  if (model === undefined) return [];
  const up = new Map(probes.flatMap((probe) => (probe.kind === 'up' ? [[probe.name, probe] as const] : [])));
  const endpoints = endpointsOf({ config }, context.env).filter(({ name }) => up.has(name));
  const checks: Check[] = [];
  const usedUp: { readonly at: number; readonly server: string; readonly check: Check }[] = [];
  const answering = new Set<string>();
  for (const endpoint of endpoints) {
    const probe = up.get(endpoint.name)!;
    const { name, models } = probe;
    const may = isOwnMachine(endpoint) || ask.isYes || (await isWanted(endpoint, model));
    if (!may)
      checks.push(note(`call ${name}`, `not made: swarm doctor --yes makes one of a few tokens to ${model}`));
    else {
      const told = { ...probe, baseUrl: endpoint.baseUrl };
      const look = await lookByCall(endpoint, model, { clock: systemClock });
      const { accountOf: server } = endpoint;
      if (server && look.kind === 'answers') answering.add(server);
      if (server && look.kind === 'quota')
        usedUp.push({ at: checks.length, server, check: note(`call ${name}`, usedUpText(look)) });
      checks.push(callCheck(look, told, model, models));
    }
  }
  // While another account of the server answers, nothing is wrong.
  for (const { at, server, check } of usedUp) if (answering.has(server)) checks[at] = check;
  return checks;
}

/** Costs nothing there. */
const isOwnMachine = ({ baseUrl }: EndpointConfig): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(baseUrl).hostname);

async function isWanted({ name }: EndpointConfig, model: string): Promise<boolean> {
  if (!isSomebodyThere()) return false;
  return askYesNo(
    `One call of a few tokens to ${model} at ${name} shows whether it works, and may cost a little. Make it?`,
  );
}

const usedUpText = ({ quotas, moreAt }: Extract<CallLook, { kind: 'quota' }>): string =>
  quotaText({ quotas, isEmpty: true, ...(moreAt !== undefined && { moreAt }) }, Date.now());

const unspent = (quotas: readonly Quota[]) => ({ quotas, isEmpty: false });

/** @param models those the endpoint lists; empty where it lists none. */
export function callCheck(
  look: CallLook,
  endpoint: Omit<FaultyEndpoint, 'why'>,
  model: string,
  models: readonly string[],
): Check {
  const name = `call ${endpoint.name}`;
  if (look.kind === 'answers') {
    const cost = look.tokens === undefined ? '' : `, for ${look.tokens} tokens`;
    const left = look.quotas.length === 0 ? '' : `; ${quotaText(unspent(look.quotas), Date.now())}`;
    return ok(name, `${model} answered in ${durationText(look.ms)}${cost}${left}`);
  }
  const problem = endpointFault(look.kind, { ...endpoint, why: look.why });
  if (look.kind !== 'no-model') return failed(name, problem);
  const listed = models.slice(0, 10).join(', ') || 'none';
  const what = `${problem.what} as ${JSON.stringify(model)}: it lists ${listed}`;
  return failed(name, { ...problem, what, fix: `export SWARM_MODEL=${models[0] ?? '<one it has>'}` });
}
