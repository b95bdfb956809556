/** `swarm replay`: the planner is asked anew on a recorded run's states, with other prompts. The run itself is only read. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createPrompts } from '@swarm/agent';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { tokensOf } from '@swarm/core/model/usage';
import type { Log } from '@swarm/core/ports/world';
import { emptyState, opened } from '@swarm/core/state';
import {
  draftTask,
  type PlanDiff,
  planDiff,
  type RecordedPlan,
  recordedPlans,
} from '@swarm/core/views/recorded-plans';
import { countText } from '@swarm/core/views/words';
import { Git, ObjectReader } from '@swarm/git';
import { planFrom } from '@swarm/orchestrator';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import { programPlaces } from '../places.ts';
import { askYesNo, requireSomebody } from '../preparing/ask.ts';
import type { Context } from '../program/context.ts';
import type { ReplayOptions } from '../program/options.ts';
import { modelAlone } from '../running/models.ts';
import { settingsOf } from '../running/settings.ts';
import { sanitize, sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

interface Replayed {
  readonly iteration: number;
  readonly tokensThen: number;
  readonly tokensNow: number;
  readonly outcome: string;
  readonly refused: readonly { readonly label: string; readonly problem: string }[];
  readonly diff: PlanDiff;
}

export async function replay(run: string, options: ReplayOptions, context: Context): Promise<number> {
  const read = await readRun({ ...options, run }, context);
  const folder = await promptsIn(options.prompts, context);
  const plans = chosen(recordedPlans(read.entries), options, read);
  if (!(await isWanted(plans, options, context))) return 1;
  const rows: Replayed[] = [];
  for (const plan of plans) {
    context.output.narrate(`asking the planner anew: iteration ${plan.iteration}`);
    rows.push(await askAnew(read, plan, folder, context));
  }
  if (options.json) context.output.json({ run: read.paths.run, iterations: rows });
  else context.output.result(sanitize(asText(rows)));
  return 0;
}

/** Errors: SW0205 for a folder without a prompt for the planner: nothing would be another than it was. */
async function promptsIn(given: string | undefined, { cwd }: Context): Promise<string> {
  const folder = resolve(cwd, given ?? '.swarm/prompts');
  const names = existsSync(folder) ? await readdir(folder).catch(() => []) : [];
  if (names.includes('planner.md')) return folder;
  throw new SwarmError({
    code: 'SW0205',
    what: `there is no planner.md in ${folder}`,
    where: '--prompts',
    why: 'it is the planner who is asked anew, and its prompt is what is tried',
    fix: `mkdir -p ${shellWord(folder)} && swarm prompts show planner > ${shellWord(`${folder}/planner.md`)}`,
  });
}

function chosen(
  plans: readonly RecordedPlan[],
  { iteration }: ReplayOptions,
  { paths }: ReadRun,
): readonly RecordedPlan[] {
  const wanted = iteration === undefined ? plans : plans.filter((plan) => plan.iteration === iteration);
  if (wanted.length > 0) return wanted;
  const known = plans.map((plan) => plan.iteration).join(', ');
  throw new SwarmError({
    code: 'SW0104',
    what: `${paths.run} has no answer of a planner${iteration === undefined ? '' : ` in iteration ${iteration}`}`,
    ...(known !== '' && { why: `it has them in ${known}` }),
    fix: 'swarm runs; a run of a plan file asks no planner',
  });
}

/** It costs tokens: about as many as it did then. */
async function isWanted(
  plans: readonly RecordedPlan[],
  { yes }: ReplayOptions,
  { output }: Context,
): Promise<boolean> {
  const tokens = plans.reduce((sum, plan) => sum + plan.tokens, 0);
  output.narrate(
    `${countText(plans.length, 'iteration')} asked anew; then it took ${countText(tokens, 'token')}, and now it is about as many`,
  );
  if (yes) return true;
  requireSomebody('the planner is asked anew, which costs tokens', 'swarm replay --yes …');
  if (await askYesNo('Ask?')) return true;
  output.narrate('nobody was asked');
  return false;
}

async function askAnew(
  { entries, file, paths, repository }: ReadRun,
  plan: RecordedPlan,
  overrides: string,
  context: Context,
): Promise<Replayed> {
  const places = programPlaces();
  const ask = { file, repository, paths, env: context.env, places, onLine: () => undefined };
  const model = modelAlone({ file, env: context.env, places });
  if (!model) throw new SwarmError(noModel);
  const state = opened(stateBefore(entries, plan.seq));
  const ports = {
    model,
    prompts: createPrompts({ folder: places.prompts, overrides }),
    reader: new ObjectReader({ git: new Git(), hub: { gitDir: readableAt(repository) } }),
    log: warnings(context),
  };
  const settings = settingsOf(ask, state.run.request.base, undefined);
  const answer = await planFrom(state, plan.iteration, ports, settings, new AbortController().signal);
  if (answer.halt)
    throw new SwarmError({
      code: 'SW0402',
      what: `the planner was not asked: ${answer.halt.detail}`,
      fix: 'swarm doctor',
    });
  return {
    iteration: plan.iteration,
    tokensThen: plan.tokens,
    tokensNow: tokensOf(answer.usage),
    outcome: answer.outcome,
    refused: answer.refused,
    diff: planDiff(plan.tasks, answer.drafts.map(draftTask)),
  };
}

/** The hub has every commit the run ever saw; once it is cleaned, the repository has those that landed. */
const readableAt = ({ hub, gitDir }: ReadRun['repository']): string => (existsSync(hub) ? hub : gitDir);

/** As it was when the iteration was about to be asked. */
function stateBefore(entries: readonly Entry[], seq: number) {
  const state = emptyState();
  for (const entry of entries) {
    if (entry.seq >= seq) break;
    fold(state, entry);
  }
  return state;
}

const warnings = ({ output }: Context): Log => ({
  write: (_name, { msg, level }) => {
    if (level === 'warn' || level === 'error') output.narrate(sanitizeLine(msg, 400));
  },
});

const noModel: Problem = {
  code: 'SW0401',
  what: 'the run names no model endpoint that could be asked',
  fix: 'swarm doctor',
};

function asText(rows: readonly Replayed[]): string {
  return rows
    .flatMap((row) => [headOf(row), ...linesOf(row), ''])
    .join('\n')
    .trimEnd();
}

function headOf({ iteration, tokensThen, tokensNow, outcome, diff }: Replayed): string {
  const { kept, added, gone, rescoped } = diff;
  const how = outcome === 'planned' ? '' : ` (the answer was ${outcome})`;
  const sum = `${kept.length} kept, ${rescoped.length} re-scoped, ${added.length} new, ${gone.length} gone`;
  return `iteration ${iteration}: ${sum}; ${countText(tokensNow, 'token')}, then ${countText(tokensThen, 'token')}${how}`;
}

function linesOf({ diff, refused }: Replayed): readonly string[] {
  const scope = (paths: readonly string[]): string => (paths.length === 0 ? 'anywhere' : paths.join(', '));
  return [
    ...diff.kept.map((t) => `  = ${t.label}  ${t.title}`),
    ...diff.rescoped.map(
      ({ task, before }) => `  ~ ${task.label}  ${task.title}: ${scope(before)} → ${scope(task.scope)}`,
    ),
    ...diff.added.map((t) => `  + ${t.label}  ${t.title}: ${scope(t.scope)}`),
    ...diff.gone.map((t) => `  - ${t.label}  ${t.title}`),
    ...refused.map((one) => `  ! ${sanitizeLine(one.label, 100)}: ${sanitizeLine(one.problem, 300)}`),
  ];
}
