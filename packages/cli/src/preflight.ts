/**
 * Every check before the first cost, decided from facts alone: all that is wrong comes out together, and nothing
 * of the user's has been written yet.
 */
import type { Problem } from '@swarm/core';
import type { CheckoutFacts } from '@swarm/git';
import type { Probe as EndpointProbe } from '@swarm/llm';
import type { Probe as SandboxProbe } from '@swarm/sandbox';
import type { Config } from './config/resolved.ts';

export interface PreflightFacts {
  readonly path: string;
  readonly checkout: CheckoutFacts;
  /** The branch the work is for; undefined when none was named and none is checked out. */
  readonly target: string | undefined;
  readonly config: Config;
  readonly gate: string | undefined;
  readonly hasRequest: boolean;
  readonly needsModel: boolean;
  readonly sandbox: SandboxProbe | 'not-needed';
  /** Each endpoint with the environment variable its key should be in. */
  readonly endpoints: readonly { readonly name: string; readonly probe: EndpointProbe }[];
  readonly missingKeys: readonly { readonly endpoint: string; readonly variable: string }[];
  /** Models the roles of this run ask for. */
  readonly models: readonly string[];
}

export interface PreflightVerdict {
  readonly problems: readonly Problem[];
  /** True, allowed, and worth saying. */
  readonly notices: readonly string[];
}

export function preflight(facts: PreflightFacts): PreflightVerdict {
  const problems = [
    ...requestProblems(facts),
    ...laterProblems(facts.config),
    ...repositoryProblems(facts),
    ...gateProblems(facts),
    ...sandboxProblems(facts),
    ...endpointProblems(facts),
  ];
  return { problems, notices: noticesOf(facts) };
}

function requestProblems(f: PreflightFacts): Problem[] {
  if (f.hasRequest) return [];
  return [{ code: 'SW0103', what: 'there is no request', why: 'neither words, --request-file nor --plan was given', fix: 'swarm run "what you want done"' }];
}

/** What the schema knows and this version cannot do is refused, not taken for something else. */
function laterProblems(c: Config): Problem[] {
  const problems: Problem[] = [];
  const later = (where: string, value: string, fix: string): void => {
    problems.push({ code: 'SW0102', what: `${where} = "${value}" is not in this version`, where, fix });
  };
  if (c.deliver === 'push' || c.deliver === 'pr') later('deliver.to', c.deliver, '--deliver branch');
  if (c.agent.driver !== 'builtin' && c.agent.driver !== 'command') later('agent.driver', c.agent.driver, '--agent builtin');
  if (c.workers.sandbox === 'docker' || c.workers.sandbox === 'command') later('workers.sandbox', c.workers.sandbox, '--sandbox bubblewrap');
  for (const e of c.endpoints) if (e.dialect !== 'chat') later(`endpoints.${e.name}.dialect`, e.dialect, 'dialect = "chat"');
  if (c.agent.driver === 'command' && !c.agent.command) {
    problems.push({ code: 'SW0102', what: 'the agent is a command, and none is named', where: 'agent.command.run', fix: '[agent.command]\nrun = ["./agent.sh", "{task_file}"]' });
  }
  return problems;
}

function repositoryProblems({ path, checkout, target }: PreflightFacts): Problem[] {
  if (!checkout.isRepository) {
    return [{ code: 'SW0301', what: `${path} is not a git repository`, why: checkout.why, fix: 'git init && git add -A && git commit -m "start"' }];
  }
  if (checkout.isEmpty) {
    return [{ code: 'SW0302', what: 'the repository has no commit yet', where: path, why: 'workers start from a commit', fix: 'git commit --allow-empty -m "start"' }];
  }
  const problems: Problem[] = [];
  if (target === undefined) {
    problems.push({ code: 'SW0303', what: 'HEAD is detached, and no target is named', where: path, fix: `swarm run --target ${checkout.branches[0] ?? 'main'}` });
  } else if (!checkout.targetCommit) {
    problems.push({ code: 'SW0303', what: `the target branch ${target} does not exist`, where: path, why: `the branches there are: ${checkout.branches.slice(0, 10).join(', ')}`, fix: `--target ${checkout.branch ?? checkout.branches[0] ?? 'main'}` });
  }
  if (checkout.tracksRuns) {
    problems.push({ code: 'SW0307', what: 'the repository tracks files under .swarm/runs', where: path, why: 'every landing would change what swarm itself writes there', fix: 'git rm -r --cached .swarm/runs && git commit -m "untrack .swarm/runs"' });
  }
  if (checkout.isShallow || checkout.isPartial) {
    problems.push({ code: 'SW0311', what: `the repository is a ${checkout.isShallow ? 'shallow' : 'partial'} clone`, where: path, why: 'merging needs the whole history', fix: checkout.isShallow ? 'git fetch --unshallow' : 'git fetch --refetch --no-filter' });
  }
  return problems;
}

function gateProblems(f: PreflightFacts): Problem[] {
  if (f.gate !== undefined || !f.checkout.isRepository || f.checkout.isEmpty) return [];
  return [{ code: 'SW0305', what: 'there is no gate, and none was found', why: 'a gate is the command that must pass before a change lands', fix: '--gate "make test", or --gate none to land untested' }];
}

function sandboxProblems({ sandbox }: PreflightFacts): Problem[] {
  if (sandbox === 'not-needed' || sandbox.kind === 'works') return [];
  return [{ code: 'SW0304', what: `bubblewrap cannot be used: ${sandbox.reason}`, why: 'agents and gates run contained, or not at all; --sandbox none runs them with no isolation', fix: sandbox.fix }];
}

function endpointProblems(f: PreflightFacts): Problem[] {
  const problems: Problem[] = f.missingKeys.map(({ endpoint, variable }) => ({ code: 'SW0403', what: `the key of endpoint ${endpoint} is not set`, where: variable, fix: `export ${variable}=…` }));
  if (f.needsModel && f.config.endpoints.length === 0) {
    problems.push({ code: 'SW0401', what: 'no model endpoint is configured', why: 'the planner and the built-in agent need a model', fix: 'export OPENAI_API_KEY=… SWARM_MODEL=…   # and OPENAI_BASE_URL for another server' });
  }
  if (f.needsModel && f.config.endpoints.length > 0 && f.models.includes('')) {
    problems.push({ code: 'SW0404', what: 'no model is named', where: 'models.default', fix: 'export SWARM_MODEL=…   # or [models] default = "…"' });
  }
  const up = f.endpoints.filter((e) => e.probe.kind === 'up');
  for (const { name, probe } of f.endpoints) {
    if (probe.kind === 'auth') problems.push({ code: 'SW0403', what: `endpoint ${name} rejects the key`, why: probe.why, fix: 'check the key and try again' });
    else if (probe.kind === 'down' && up.length === 0) problems.push({ code: 'SW0402', what: `endpoint ${name} does not answer`, why: probe.why, fix: 'check its base_url, and that the server runs' });
  }
  const known = new Set(up.flatMap((e) => (e.probe.kind === 'up' ? e.probe.models : [])));
  for (const model of new Set(f.models)) {
    if (model === '' || known.size === 0 || known.has(model)) continue;
    problems.push({ code: 'SW0404', what: `no endpoint knows the model ${JSON.stringify(model)}`, where: 'models', why: `they offer: ${[...known].slice(0, 10).join(', ')}`, fix: `export SWARM_MODEL=${[...known][0]}` });
  }
  return problems;
}

function noticesOf({ checkout, target, gate, config }: PreflightFacts): string[] {
  const notices: string[] = [];
  if (checkout.isRepository && checkout.dirtyTracked + checkout.untracked > 0) {
    notices.push(`your checkout has uncommitted changes (${checkout.dirtyTracked} tracked, ${checkout.untracked} untracked): workers do not see them, and nothing touches them`);
  }
  if (checkout.isRepository && checkout.branch === undefined && !checkout.isBare && target !== undefined) notices.push(`HEAD is detached: the work is for ${target}`);
  if (gate === 'none') notices.push('there is no gate: every change lands untested');
  if (config.workers.sandbox === 'none') notices.push('--sandbox none: agents and gates run with no isolation, as you');
  return notices;
}
