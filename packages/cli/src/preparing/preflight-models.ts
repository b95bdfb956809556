/** The part of preflight that concerns models: endpoints, names, prices. */
import type { Problem } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import type { Probe } from '@swarm/llm';
import type { KeySource } from '../running/key-words.ts';
import { endpointFault, pricesFix } from './endpoint-faults.ts';

/** What a model endpoint said to `GET /models`, or did not. */
export type EndpointProbe = {
  readonly name: string;
  readonly baseUrl?: string;
  /** A key is named for it and the environment holds none. */
  readonly isKeyless?: boolean;
  /** Its key cannot be used: it was not asked, and no run begins with it. */
  readonly keyProblem?: Problem;
} & KeySource &
  Probe;

export interface ModelFacts {
  /** False for a plan done by a command agent: no model is ever asked. */
  readonly needsModel: boolean;
  readonly endpoints: readonly EndpointProbe[];
  /** Names of the models that will be asked for, by who asks (`planner`, `agent.codex`, `role.reviewer`); one without a name is not here. */
  readonly models: Readonly<Record<string, string>>;
  /** Models without a known price, when a money budget is set. */
  readonly unpriced: readonly string[];
  /** The operator's own prices. */
  readonly pricesFile: string;
}

export function modelProblems(facts: ModelFacts): readonly Problem[] {
  if (!facts.needsModel) return [];
  const { endpoints, models, unpriced } = facts;
  const problems: Problem[] = [];
  if (endpoints.length === 0) {
    problems.push({
      code: 'SW0401',
      what: 'no model endpoint is configured',
      fix: 'export OPENAI_API_KEY=… SWARM_MODEL=…   (OPENAI_BASE_URL for another server)',
    });
  } else if (endpoints.every((e) => e.kind !== 'up')) problems.push(...endpoints.flatMap(endpointProblem));
  else problems.push(...endpoints.flatMap(({ keyProblem }) => keyProblem ?? []));
  // Without an endpoint there is nobody to name a model to: its fix says both.
  if (endpoints.length > 0 && Object.keys(models).length === 0) {
    const what = 'no model is named';
    problems.push({ code: 'SW0102', what, where: 'models.default', fix: 'export SWARM_MODEL=<model>' });
  }
  if (endpoints.some((e) => e.kind === 'up')) problems.push(...unknownModels(facts));
  problems.push(...unpricedProblems(unpriced, facts.pricesFile));
  return problems;
}

/** What cannot be priced cannot be bounded in money. */
export function unpricedProblems(models: readonly string[], pricesFile: string): readonly Problem[] {
  if (models.length === 0) return [];
  return [
    {
      code: 'SW0102',
      what: `a money budget needs prices, and there is none for ${models.join(', ')}`,
      where: 'budget.usd',
      why: `spend that cannot be priced cannot be bounded; prices are in ${pricesFile}`,
      fix: pricesFix(models[0]!, pricesFile),
    },
  ];
}

/** Nothing of one that answers. */
export function endpointProblem(probe: EndpointProbe): readonly Problem[] {
  if (probe.kind === 'up') return [];
  if (probe.keyProblem) return [probe.keyProblem];
  const kind = probe.kind === 'auth' ? 'auth' : (probe.fault ?? 'down');
  return [endpointFault(kind, probe)];
}

/** Told only where every endpoint that answers lists its models: many servers list none. */
function unknownModels({ endpoints, models }: ModelFacts): readonly Problem[] {
  const lists = endpoints.flatMap((e) => (e.kind === 'up' ? [e.models] : []));
  if (lists.some((list) => list.length === 0)) return [];
  const known = new Set(lists.flat());
  const names = [...new Set(Object.values(models))].filter((name) => !known.has(name));
  return names.map((name) => {
    const where = placeOf(Object.entries(models).find(([, model]) => model === name)![0]);
    const meant = nearestWord(name, [...known]) ?? [...known][0]!;
    return {
      code: 'SW0404',
      what: `no endpoint knows the model ${JSON.stringify(name)}`,
      where,
      why: `they know: ${[...known].slice(0, 10).join(', ')}`,
      fix: where.startsWith('roles.')
        ? `${where} = ${JSON.stringify(where.endsWith('s') ? [meant] : meant)}`
        : `export SWARM_MODEL=${meant}`,
    };
  });
}

/** Where the model is named. */
function placeOf(who: string): string {
  const [, role, nth] = /^role\.([^.]+)(?:\.(\d+))?$/.exec(who) ?? [];
  if (role !== undefined) return `roles.${role}.${nth === undefined ? 'model' : 'models'}`;
  return who.startsWith('agent.') ? `agent.models.${who.slice('agent.'.length)}` : `models.${who}`;
}

export function endpointNotices({ needsModel, endpoints }: ModelFacts): readonly string[] {
  if (!needsModel || endpoints.every((e) => e.kind !== 'up')) return [];
  return endpoints.flatMap((e) => [
    ...(e.isKeyless ? [keyless(e.name, e.keyEnv!)] : []),
    ...(e.kind === 'up' ? [] : [`endpoint ${e.name} is left out for now: ${e.why}`]),
  ]);
}

/** A server of one's own may want no key; whoever named one meant to send it. */
export const keyless = (name: string, keyEnv: string): string =>
  `endpoint ${name} is asked without a key: ${keyEnv} is not set (export ${keyEnv}=…)`;
