/** What preflight and the endpoints say, one check for each thing a person would look at. Pure. */

import type { Problem } from '@swarm/core/errors';
import { countText } from '@swarm/core/views/words';
import type { Config } from '../config/resolved.ts';
import { isOpen } from '../config/sandboxes.ts';
import { type PreflightFacts, preflight } from '../preparing/preflight.ts';
import { type EndpointProbe, endpointProblem } from '../preparing/preflight-models.ts';
import { keyOrigin } from '../running/key-words.ts';
import { type Check, failed, note, ok, orOk } from './check.ts';

export interface RunFacts {
  readonly facts: PreflightFacts;
  readonly setup: string | undefined;
  /** What gate and setup were found by; empty where both are configured. */
  readonly found: readonly string[];
  readonly config: Config;
  /** Variables that hold keys and are not set, by endpoint. */
  readonly keysMissing: ReadonlyMap<string, string>;
  /** What is configured and cannot be done: in this version, or on this machine. */
  readonly notYet: readonly Problem[];
}

/** Told by each endpoint's own check. */
const ENDPOINT_CODES: ReadonlySet<string> = new Set(['SW0402', 'SW0403', 'SW0405', 'SW0603']);

const AREAS: readonly (readonly [area: string, codes: RegExp])[] = [
  ['repository', /^SW030[1237]$|^SW0311$/],
  ['git', /^SW0306$/],
  ['sandbox', /^SW0304$/],
  ['gate', /^SW0305$/],
  ['signing', /^SW0313$/],
  ['models', /^SW04|^SW0102$/],
];

export function runChecks(run: RunFacts): readonly Check[] {
  const { facts } = run;
  const { problems, notices } = preflight(facts);
  const of = (area: string): readonly Problem[] =>
    problems.filter(({ code }) => AREAS.find(([, codes]) => codes.test(code))?.[0] === area);
  return [
    ...orOk('git', of('git'), '').filter((check) => check.verdict === 'failed'),
    ...orOk('repository', of('repository'), repositoryText(facts)),
    ...orOk('sandbox', of('sandbox'), sandboxText(facts)).map(openSandbox(facts)),
    ...orOk('gate', of('gate'), foundText(facts.gate ?? '', run)),
    ...(run.setup === undefined ? [note('setup', 'none')] : [ok('setup', foundText(run.setup, run))]),
    ...signingChecks(facts, of('signing')),
    ...run.notYet.map((problem) => failed('config', problem)),
    ...endpointChecks(run),
    ...modelChecks(run, of('models')),
    ...notices.filter((notice) => !/^endpoint /.test(notice)).map((notice) => note('notice', notice)),
  ];
}

function repositoryText({ checkout, repository, target }: PreflightFacts): string {
  if (!checkout.isRepository) return repository;
  return `${repository}, ${checkout.isBare ? 'bare, ' : ''}branch ${target} at ${checkout.targetCommit?.slice(0, 10)}`;
}

/** Nothing is said where nothing is signed. */
function signingChecks({ signing }: PreflightFacts, problems: readonly Problem[]): readonly Check[] {
  const works = signing.kind === 'works' ? [ok('signing', `a commit was signed (${signing.format})`)] : [];
  return [...problems.map((problem) => failed('signing', problem)), ...works];
}

const sandboxText = ({ sandboxProbe: probe }: PreflightFacts): string =>
  probe.kind === 'missing'
    ? probe.reason
    : `${probe.provider} ran a command contained${probe.passedOver ? ` (${probe.passedOver})` : ''}`;

const openSandbox =
  ({ sandbox }: PreflightFacts) =>
  (check: Check): Check =>
    isOpen(sandbox) ? note('sandbox', `${sandbox}: agents and gates can do everything you can do`) : check;

const foundText = (command: string, { found }: RunFacts): string =>
  found.length === 0 ? command : `${command}   (found by ${found.join(', ')})`;

function endpointChecks({ facts, keysMissing, config }: RunFacts): readonly Check[] {
  const isAnyUp = facts.endpoints.some((e) => e.kind === 'up');
  return facts.endpoints.map((probe) => {
    const variable = keysMissing.get(probe.name);
    if (variable !== undefined) return withoutKey(probe, variable, isAnyUp, dialectOf(config, probe.name));
    return endpointCheck(probe, isAnyUp, dialectOf(config, probe.name));
  });
}

/** What it is asked in. */
const dialectOf = ({ endpoints }: Config, name: string): string =>
  endpoints.find((endpoint) => endpoint.name === name)?.dialect ?? 'chat';

/** One that does not answer is a note while another does: a run goes on without it. */
function endpointCheck(probe: EndpointProbe, isAnyUp: boolean, dialect: string): Check {
  const name = `endpoint ${probe.name}`;
  if (probe.kind === 'up') {
    const many = probe.models.length === 0 ? 'no models' : countText(probe.models.length, 'model');
    const origin = keyOrigin(probe);
    return ok(name, `${dialect}: answers, and lists ${many}${origin && `; ${origin}`}`);
  }
  if (isAnyUp) return note(name, `left out for now: ${probe.why}`);
  return failed(name, endpointProblem(probe)[0]!);
}

function withoutKey(probe: EndpointProbe, variable: string, isAnyUp: boolean, dialect: string): Check {
  const name = `endpoint ${probe.name}`;
  if (isAnyUp && probe.kind !== 'up') return note(name, `left out for now: ${variable} is not set`);
  if (probe.kind === 'up') return note(name, `${dialect}: answers, though ${variable} is not set`);
  const what = `the endpoint ${probe.name} has no key: ${variable} is not set`;
  return failed(name, { code: 'SW0403', what, why: probe.why, fix: `export ${variable}=<key>` });
}

/** Each endpoint has a check of its own: what preflight says of them is not said twice. */
function modelChecks({ facts, config }: RunFacts, problems: readonly Problem[]): readonly Check[] {
  const own = problems.filter(({ code }) => !ENDPOINT_CODES.has(code));
  if (facts.endpoints.length === 0 && ['command', 'acp'].includes(config.agent.driver)) {
    return [note('models', 'none: only runs with --plan, done by the agent you named, are possible')];
  }
  const names = Object.entries(facts.models).map(([role, model]) => `${role} ${model}`);
  return orOk('models', own, names.join(', '));
}
