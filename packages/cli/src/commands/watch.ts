/** `swarm watch`: issues with a label become runs, one at a time, each with a budget of its own, until it is stopped. */
import { setTimeout as pause } from 'node:timers/promises';
import { SwarmError } from '@swarm/core/errors';
import type { Forge } from '@swarm/core/ports/forge';
import { type IssueRun, isWorkedOn, type WatchStep, watchStep, workedOnText } from '@swarm/core/rules/watch';
import { endingText } from '@swarm/core/views/ending';
import { countText, plain } from '@swarm/core/views/words';
import { parseDurationMs } from '../config/units.ts';
import { enterRepository, knownRun } from '../finding/door.ts';
import { type ReadRun, readKnown } from '../finding/opened-run.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import { checkoutFacts } from '../preparing/checkout-facts.ts';
import { configure } from '../preparing/configure.ts';
import { locate } from '../preparing/locate.ts';
import type { Context } from '../program/context.ts';
import type { WatchOptions } from '../program/options.ts';
import { findForge, forgeOf } from '../running/forging.ts';
import { renderProblems } from '../telling/errors.ts';
import { issue as runIssue } from './issue.ts';
import { resume } from './run.ts';

const LABEL = 'swarm';
const EVERY_MS = 120_000;
/** The exit code of a run that a signal ended. */
const INTERRUPTED = 130;

export async function watch(options: WatchOptions, context: Context): Promise<number> {
  const { label = LABEL } = options;
  const { everyMs, max } = boundsOf(options);
  const repository = await enterRepository(options, context);
  const forge = await forgeAt(options, context);
  const settled = new Set<number>();
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  for (const signal of SIGNALS) process.once(signal, leave);
  try {
    for (let worked = 0; worked < max && !leaving.signal.aborted; ) {
      const step = await nextStep(forge, repository, label, settled, context);
      if (step.kind === 'wait') {
        if (options.once) break;
        context.output.narrate(`waiting for issues labelled ${plain(label, 60)}`);
        await pause(everyMs, undefined, { signal: leaving.signal }).catch(() => undefined);
        continue;
      }
      worked += 1;
      const code = await work(step, options, context);
      const number = step.kind === 'begin' ? step.issue.number : step.issue;
      settled.add(number);
      if (code === INTERRUPTED) return code;
      await tell(forge, number, repository, context);
    }
    context.output.narrate(`${countText(settled.size, 'issue')} looked at`);
    return leaving.signal.aborted ? INTERRUPTED : 0;
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Nobody looks: how much an issue may cost is said beforehand. Errors: SW0101. */
function boundsOf({ every, max = Number.MAX_SAFE_INTEGER, budget, time }: WatchOptions): {
  everyMs: number;
  max: number;
} {
  const everyMs = every === undefined ? EVERY_MS : parseDurationMs(every);
  const say = (what: string, where: string, fix: string) =>
    new SwarmError({ code: 'SW0101', what, where, fix });
  if (everyMs === undefined || everyMs < 1_000)
    throw say(`${JSON.stringify(every)} is no time between two looks`, '--every', '--every 5m');
  if (typeof max !== 'number' || max < 1)
    throw say(`${JSON.stringify(max)} is no number of issues`, '--max', '--max 10');
  if (budget === undefined && time === undefined)
    throw say(
      'a watch spends while nobody looks, and no limit for an issue is named',
      '--budget',
      '--budget 5usd --time 2h',
    );
  return { everyMs, max };
}

async function forgeAt(options: WatchOptions, context: Context): Promise<Forge> {
  const located = await locate(options.repo, context);
  const { config } = await configure(located, options, context);
  const { checkout, target } = await checkoutFacts(located, config, context);
  if (!checkout.isRepository) throw new SwarmError({ code: 'SW0301', ...checkout });
  if (target === undefined)
    throw new SwarmError({
      code: 'SW0303',
      what: 'HEAD is detached, and no target is named',
      fix: '--target main',
    });
  return forgeOf(await findForge(checkout.commonDir, target, context.env));
}

async function nextStep(
  forge: Forge,
  repository: RepositoryPaths,
  label: string,
  settled: Set<number>,
  context: Context,
): Promise<WatchStep> {
  const issues = await forge.issuesLabelled(label);
  const runs = (await runsOf(repository, context)).flatMap(rowOf);
  for (;;) {
    const step = watchStep({ issues, runs, settled });
    if (step.kind !== 'begin' || !(await isElsewhere(forge, step.issue.number))) return step;
    settled.add(step.issue.number);
  }
}

/** Another machine worked on it: who may write says so, or whoever the token is of. */
async function isElsewhere(forge: Forge, number: number): Promise<boolean> {
  const said = (await forge.comments(number)).filter(({ body }) => isWorkedOn(body));
  if (said.length === 0) return false;
  const me = (await forge.whoAmI())?.login;
  const may = await Promise.all(
    said.map(async ({ author }) => author === me || (await forge.access(author)) === 'write'),
  );
  return may.includes(true);
}

async function runsOf(repository: RepositoryPaths, { env }: Context): Promise<readonly ReadRun[]> {
  const read: ReadRun[] = [];
  for (const paths of await listRuns(repository, env)) {
    const known = await knownRun(repository, paths, env).catch(notOurs);
    if (known?.file.issue) read.push(await readKnown(known));
  }
  return read;
}

function notOurs(error: unknown): undefined {
  if (!(error instanceof SwarmError)) throw error;
  return undefined;
}

const rowOf = ({ file, paths, state }: ReadRun): IssueRun[] =>
  file.issue ? [{ issue: file.issue.number, run: paths.run, isOver: state.closed !== undefined }] : [];

/** What keeps one issue from being worked on is told, and the others go on. */
async function work(
  step: Exclude<WatchStep, { kind: 'wait' }>,
  options: WatchOptions,
  context: Context,
): Promise<number> {
  const { label: _l, every: _e, max: _m, once: _o, ...flags } = options;
  const { output } = context;
  try {
    if (step.kind === 'resume') return await resume({ repo: options.repo, run: step.run }, context);
    output.narrate(`issue ${step.issue.number}: ${plain(step.issue.title, 200)}`);
    return await runIssue(String(step.issue.number), { deliver: 'pr', ...flags }, context);
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    output.narrate(renderProblems(error.problems, output.narrationInk));
    return 1;
  }
}

/** Once, under the issue. */
async function tell(
  forge: Forge,
  number: number,
  repository: RepositoryPaths,
  context: Context,
): Promise<void> {
  const run = (await runsOf(repository, context)).find(({ file }) => file.issue?.number === number);
  if (!run?.state.closed) return;
  const body = workedOnText(run.paths.run, endingText(run.state), run.state.delivered?.url);
  const said = await forge.comments(number);
  if (!said.some((comment) => comment.body.includes(`${run.paths.run} -->`)))
    await forge.comment('issue', number, body);
}
