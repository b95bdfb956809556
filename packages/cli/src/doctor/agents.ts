/** The agents people have, as a run would use them: found where, and what one real edit with each shows. */
import { isPreset, PRESET_NAMES, PRESETS, type PresetName } from '@swarm/agent';
import { SwarmError } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import { durationText } from '@swarm/core/views/words';
import { probeBubblewrap } from '@swarm/sandbox';
import { type Agents, type FoundAgent, findAgents } from '../agents/found.ts';
import { installAgent } from '../agents/install.ts';
import { defaults } from '../config/load.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { lookSandbox } from '../running/look-sandbox.ts';
import { type AgentTry, tryAgent } from './agent-try.ts';
import { type Check, failed, note, ok } from './check.ts';

/** `--fix-agents claude,pi`; without names: all. Errors: SW0101 for a name that is none. */
export function agentsNamed(typed: string | true): readonly PresetName[] {
  if (typed === true) return PRESET_NAMES;
  return typed.split(',').map((text) => {
    const name = text.trim();
    if (isPreset(name)) return name;
    const fix = `swarm doctor --fix-agents ${nearestWord(name, PRESET_NAMES) ?? PRESET_NAMES.join(',')}`;
    const why = `they are: ${PRESET_NAMES.join(', ')}`;
    throw new SwarmError({ code: 'SW0101', what: `there is no agent ${JSON.stringify(name)}`, why, fix });
  });
}

/** Installs those that are not found; one that fails is told, and the others go on. */
export async function fixAgents(names: readonly PresetName[], context: Context): Promise<readonly Check[]> {
  const { env, output } = context;
  const { found } = await findAgents(env, names);
  const checks: Check[] = [];
  for (const name of names) {
    const there = found.find((one) => one.name === name);
    if (there) {
      checks.push(ok(`install ${name}`, `it is there already: ${there.file}`));
      continue;
    }
    const { npm } = PRESETS[name];
    output.narrate(`installing ${npm.package} ${npm.version}`);
    checks.push(await installed(name, context));
  }
  return checks;
}

async function installed(name: PresetName, { env }: Context): Promise<Check> {
  try {
    return ok(`install ${name}`, `installed in ${await installAgent(name, programPlaces(), env)}`);
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return failed(`install ${name}`, error.problems[0]!);
  }
}

/** One after the other, each told as it comes: some take many seconds. */
export async function agentChecks(names: readonly PresetName[], context: Context): Promise<readonly Check[]> {
  const agents = await findAgents(context.env, names);
  const probe = await probeBubblewrap();
  if (probe.kind === 'missing') return [note('agents', `none tried: ${probe.reason}`)];
  const sandbox = lookSandbox(defaults(undefined, context.env).config, 'bubblewrap', context.env);
  const places = programPlaces();
  const checks: Check[] = [];
  for (const name of names) {
    const found = agents.found.find((one) => one.name === name);
    if (found) context.output.narrate(`trying ${name}: ${found.file}`);
    checks.push(found ? tried(found, await tryAgent(found, { sandbox, places })) : notFound(name, agents));
  }
  return checks;
}

function notFound(name: PresetName, { hidden }: Agents): Check {
  const seen = hidden.find((one) => one.name === name);
  const why = seen ? `${seen.file} cannot be shown in a sandbox: ${seen.why}` : 'not installed';
  return note(`agent ${name}`, `${why}; swarm doctor --fix-agents ${name} installs it for swarm alone`);
}

function tried(found: FoundAgent, { version, hasEdited, ms, tokens, servedTokens, detail }: AgentTry): Check {
  const name = `agent ${found.name}`;
  const facts = { from: found.from, file: found.file, version, hasEdited, ms, tokens, servedTokens };
  const isCounted = tokens === servedTokens;
  if (hasEdited && isCounted) {
    const where = found.from === 'PATH' ? `on PATH (${found.file})` : 'installed by swarm';
    const what = `${version}, ${where}: its edit landed in ${durationText(ms)}; ${tokens} tokens, as the server counted`;
    return { ...ok(name, what), facts };
  }
  const what = hasEdited
    ? `${found.name} ${version} used ${servedTokens} tokens, and ${tokens} were metered`
    : `${found.name} ${version} ended without its edit`;
  const fix = `swarm doctor --fix-agents ${found.name}   # the tried version is ${PRESETS[found.name].npm.version}`;
  return { ...failed(name, { code: 'SW0317', what, where: found.file, why: detail, fix }), facts };
}
