/**
 * `swarm run --dry-run`: the plan, its order, and what would run. A planner is asked once, because its plan is what there
 * is to see; nothing is started, and nothing is written to the repository.
 */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { LOG_EVENTS } from '@swarm/core/log-events';
import { tokensOf } from '@swarm/core/model/usage';
import type { Log } from '@swarm/core/ports/world';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { costText } from '@swarm/core/views/words';
import { type PlannedOnce, planOnce } from '@swarm/orchestrator';
import type { ProgramPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { modelAlone, modelNames } from '../running/models.ts';
import { sanitizeLine } from '../telling/output.ts';
import { renderPlan } from '../telling/plan-text.ts';
import { stopProblem } from '../telling/summary.ts';
import { type Foreseen, foreseer } from './foresee.ts';
import { lookBeforehand } from './looking.ts';
import type { Prepared } from './prepare.ts';

export async function dryRun(
  prepared: Prepared,
  isJson: boolean,
  context: Context,
  places: ProgramPlaces,
): Promise<number> {
  const given = prepared.opening.plan;
  const planned = given ? undefined : await askPlanner(prepared, context, places);
  const tasks = given ?? planned!.drafts;
  const { repository, file } = prepared;
  const foresee = foreseer({ repository, config: file.config, env: context.env });
  const shown = { tasks, planned, foreseen: await foresee(tasks) };
  if (isJson) context.output.json(asJson(prepared, shown));
  else context.output.result(asText(prepared, shown, context.output.columns));
  return 0;
}

interface Shown {
  readonly tasks: readonly TaskDraft[];
  readonly planned: PlannedOnce | undefined;
  readonly foreseen: Foreseen;
}

// ───────────── the planner, once ─────────────

/** Errors: SW0402, SW0403, SW0404 as the model answers; SW0201 for an answer that is no plan. */
async function askPlanner(prepared: Prepared, context: Context, places: ProgramPlaces): Promise<PlannedOnce> {
  const { file } = prepared;
  const model = modelAlone({ file, env: context.env, places })!;
  context.output.narrate(`asking the planner (${model.nameFor('planner')}) for its first plan`);
  const planned = await lookBeforehand(prepared, context, places, ({ prompts, reader, settings }) =>
    planOnce({ model, prompts, reader, log: warnings(context) }, settings, new AbortController().signal),
  );
  if (planned.drafts.length === 0 && planned.outcome !== 'planned') throw new SwarmError(problemOf(planned));
  return planned;
}

/** Nobody tails a log of what is no run: what went wrong on the way is told, the rest is dropped. */
const warnings = ({ output }: Context): Log => ({
  write: (name, { msg, level }) => {
    const isBad = ['warn', 'error'].includes(level ?? LOG_EVENTS[name].level);
    if (isBad) output.narrate(sanitizeLine(msg, 400));
  },
});

function problemOf({ outcome, detail, halt }: PlannedOnce): Problem {
  const what = `the planner gave no plan: ${detail || outcome}`;
  const again = 'swarm run --dry-run, once more; or swarm run --plan tasks.json';
  if (halt) return { ...stopProblem(halt.why, halt.detail)!, what };
  return { code: outcome === 'down' ? 'SW0402' : 'SW0201', what, fix: again };
}

// ───────────── showing it ─────────────

function asJson({ file }: Prepared, { tasks, planned, foreseen }: Shown) {
  const { target, landOn, deliver, gate, setup, sandbox, config } = file;
  return {
    target,
    landOn,
    deliver,
    gate,
    setup,
    sandbox,
    checks: config.checks.command ?? null,
    workers: config.workers.max,
    agent: config.agent.driver,
    models: config.endpoints.length > 0 ? modelNames(file) : null,
    budget: config.budget,
    forecast: foreseen.forecast,
    tasks,
    ...(planned && { planner: { usage: planned.usage, outcome: planned.outcome, refused: planned.refused } }),
  };
}

function asText(
  prepared: Prepared,
  { tasks, planned, foreseen }: Shown,
  columns: number | undefined,
): string {
  const { file, shown } = prepared;
  const { config } = file;
  const names = config.endpoints.length > 0 ? modelNames(file) : undefined;
  const lines = [
    `would work on ${file.target} with ${config.workers.max} workers in sandbox ${file.sandbox}, landing on ${file.landOn} (deliver: ${file.deliver})`,
    ...shown,
    ...(config.checks.command === undefined ? [] : [`checks: ${config.checks.command}`]),
    `agent: ${[config.agent.driver, ...(config.agent.fallback ?? [])].join(', else ')}${names ? `; models: planner ${names.planner}, worker ${names.worker}` : ', no model'}`,
    `budget: ${budgetText(config.budget)}`,
    '',
    renderPlan(tasks, columns),
    '',
    foreseen.text,
    '',
    ...(planned ? plannerText(planned) : []),
    'nothing was started',
  ];
  return lines.join('\n');
}

function plannerText({ usage, outcome, refused }: PlannedOnce): string[] {
  return [
    ...refused.map(({ label, problem }) => `refused ${sanitizeLine(`${label}: ${problem}`)}`),
    ...(outcome === 'planned' ? [] : [`the plan is not whole: ${outcome}`]),
    `the planner’s answer took ${tokensOf(usage)} tokens, ${costText(usage.costUsd, usage.priced)}; a run asks it again, and may be answered otherwise`,
  ];
}

function budgetText({ usd, tokens, timeMs }: Prepared['file']['config']['budget']): string {
  const limits = [
    ...(usd === undefined ? [] : [`$${usd}`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
    ...(timeMs === undefined ? [] : [`${timeMs / 60_000} minutes`]),
  ];
  return limits.join(', ') || 'no limit';
}
