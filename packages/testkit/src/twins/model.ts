import { addUsage, NO_USAGE, tokensOf } from '@swarm/core/model/usage';
import type {
  Model,
  ModelEnd,
  ModelRequest,
  ModelResult,
  ModelRole,
  ModelTicket,
  TicketedModel,
  TicketLimits,
} from '@swarm/core/ports/models';
import type { Incarnation } from '../sim/scheduler.ts';
import type { PlannedTask } from '../sim/story.ts';
import type { World } from '../sim/world.ts';
import { USD_PER_TOKEN } from './agent.ts';
import { RudeModel } from './rude-model.ts';
import { iterationIn, ownerIn, subplanAnswer } from './subplanner.ts';

export const PLANNER_TOKENS = 500;

/** A planner with a plan: it gives what it was not told of yet, a few tasks an answer, and is done when all are known. */
export function twinModel(world: World, inc: Incarnation, plan: readonly PlannedTask[]): TicketedModel {
  const rude = new RudeModel(world);
  return {
    nameFor: () => 'twin',
    as: (role, limits) =>
      twinTicket(world, role, limits, (request, options) => stream(world, inc, rude, plan, request, options)),
    whenUp: async (signal) => {
      while (world.modelsDownUntil > world.scheduler.now) {
        if (!(await inc.waitUnless(signal, world.modelsDownUntil - world.scheduler.now))) return;
      }
    },
  };
}

/** No call is made when nothing is left; the last one may use more than there was. */
function twinTicket(world: World, role: ModelRole, given: TicketLimits, ask: Model['stream']): ModelTicket {
  let limits = given;
  let used = NO_USAGE;
  const left = (): TicketLimits => ({
    ...(limits.tokens !== undefined && { tokens: Math.max(0, limits.tokens - tokensOf(used)) }),
    ...(limits.usd !== undefined && { usd: Math.max(0, limits.usd - used.costUsd) }),
  });
  return {
    left,
    extend(by) {
      limits = {
        ...(limits.tokens !== undefined && { tokens: limits.tokens + (by.tokens ?? 0) }),
        ...(limits.usd !== undefined && { usd: limits.usd + (by.usd ?? 0) }),
      };
    },
    async stream(request, options) {
      const { tokens = 1, usd = 1 } = left();
      const end = { kind: 'over-budget', why: 'nothing is left' } as const;
      if (tokens <= 0 || usd <= 0) return { end, text: '', usage: NO_USAGE, model: 'twin' };
      const iteration = iterationIn(world, request);
      const result = await ask({ ...request, role }, options);
      if (role === 'planner' && iteration !== undefined) world.answers.set(iteration, result.end.kind);
      used = addUsage(used, result.usage);
      return result;
    },
  };
}

async function stream(
  world: World,
  inc: Incarnation,
  rude: RudeModel,
  plan: readonly PlannedTask[],
  request: ModelRequest,
  options: Parameters<Model['stream']>[1],
): Promise<ModelResult> {
  const { random } = world;
  // A changed plan is asked for from a slice, without an iteration.
  const hasSlice = [...world.durable.spending.slices.values()].some(({ role }) => role === 'planner');
  const isRecorded = request.role !== 'planner' || iterationIn(world, request) !== undefined || hasSlice;
  world.expect(isRecorded, 'P6: the planner is asked before its iteration is on disk');
  if (world.hits('model') && random.chance(0.3)) {
    world.modelsDownUntil = world.scheduler.now + random.between(60_000, 3_600_000);
  }
  if (!(await inc.waitUnless(options.signal, random.between(500, 20_000))))
    return told(world, '', { kind: 'aborted' });
  if (world.modelsDownUntil > world.scheduler.now)
    return told(world, '', { kind: 'down', why: 'no endpoint answers' });
  const instead = rude.instead(request);
  if (instead) return told(world, '', instead);
  if (request.role === 'planner' && random.chance(0.1)) return told(world, '', toolCall(request));
  const answer = request.role === 'planner' ? planAnswer(world, plan, request) : '{"tasks":[]}';
  const cutAt = world.hits('model') ? random.between(0, answer.length) : answer.length;
  let sent = 0;
  while (sent < cutAt) {
    if (!(await inc.waitUnless(options.signal, random.between(1, 3_000)))) {
      return told(world, answer.slice(0, sent), { kind: 'aborted' });
    }
    const piece = answer.slice(sent, Math.min(cutAt, sent + random.between(1, 120)));
    sent += piece.length;
    options.onText?.(piece);
  }
  const end: ModelEnd =
    cutAt < answer.length ? { kind: 'cut', why: 'the stream broke' } : { kind: 'stopped' };
  return told(world, answer.slice(0, cutAt), end);
}

function toolCall(request: ModelRequest): ModelEnd {
  if (request.tools.length === 0 || request.toolChoice === 'none') return { kind: 'stopped' };
  return { kind: 'tools', calls: [{ id: 'c1', name: 'list', argumentsJson: '{"path":""}' }] };
}

function planAnswer(world: World, plan: readonly PlannedTask[], request: ModelRequest): string {
  const owner = ownerIn(request);
  return owner === undefined ? plannerAnswer(world, plan, request) : subplanAnswer(world, owner);
}

function plannerAnswer(world: World, plan: readonly PlannedTask[], request: ModelRequest): string {
  const { random } = world;
  if (world.hits('model') && random.chance(0.5))
    return 'I would rather talk about the weather. {"tasks": nonsense';
  const heard = request.messages.map((m) => m.content).join('\n');
  const isKnown = (t: PlannedTask): boolean => heard.includes(`(your id ${t.id})`);
  const due = plan.filter((t) => !isKnown(t)).slice(0, random.between(1, 4));
  // Now and then it says a task again in other words: a re-scope, or a refusal once the task has started.
  const again = plan
    .filter((t) => isKnown(t) && random.chance(0.05))
    .map((t) => ({ ...t, title: `${t.title} again` }));
  const known = new Set(plan.filter(isKnown).map((t) => t.id));
  const given = due.filter((t) => t.dependsOn.every((d) => known.has(d) || due.some((x) => x.id === d)));
  const cancel = world.hits('operator') && plan.length > 0 ? [random.pick(plan).id] : [];
  const answer = { tasks: [...again, ...given], cancel, scratchpad: 'notes', done: given.length === 0 };
  return random.chance(0.3)
    ? `Here it is:\n\`\`\`json\n${JSON.stringify(answer)}\n\`\`\`\n`
    : JSON.stringify(answer);
}

function told(world: World, text: string, end: ModelEnd): ModelResult {
  const inputTokens = end.kind === 'down' ? 0 : PLANNER_TOKENS;
  world.spentTokens += inputTokens;
  const costUsd = inputTokens * USD_PER_TOKEN;
  return { end, text, usage: { ...NO_USAGE, calls: 1, inputTokens, costUsd }, model: 'twin' };
}
