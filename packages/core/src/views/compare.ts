/** Runs side by side: what each landed, and what that took. Every figure per landing counts all that was spent. */
import type { Entry } from '../events.ts';
import type { RunId } from '../model/ids.ts';
import { tokensOf } from '../model/usage.ts';
import type { State } from '../state.ts';
import { report } from './report.ts';
import { plain } from './words.ts';

export interface ComparedRun {
  readonly run: RunId;
  readonly request: string;
  readonly mode: string;
  readonly target: string;
  readonly base: string;
  readonly isGated: boolean;
  readonly isClosed: boolean;
  /** Agents that did work, and the models chosen for them; the planner's models. */
  readonly agents: readonly string[];
  readonly models: readonly string[];
  /** Of planner and agents, each name with the hashes in use. */
  readonly prompts: Readonly<Record<string, readonly string[]>>;
  readonly tasks: number;
  readonly landed: number;
  readonly failed: number;
  readonly verifiedShare: number | undefined;
  readonly attemptsPerLanding: number | undefined;
  readonly gateFailures: number;
  readonly tokens: number;
  readonly tokensPerLanding: number | undefined;
  /** Undefined where some call had no price. */
  readonly usd: number | undefined;
  readonly usdPerLanding: number | undefined;
  readonly activeMs: number;
  readonly isComplete: boolean;
}

/** What a run was opened with, as its run.json pins it. */
export interface Pinned {
  readonly agent: string;
  readonly models: Readonly<Record<string, string>>;
  readonly prompts: Readonly<Record<string, string>>;
}

export function comparedRun(state: State, entries: Iterable<Entry>, pinned: Pinned): ComparedRun | undefined {
  const { run, spending, closed } = state;
  if (!run) return undefined;
  const made = report(state);
  const events = [...entries].flatMap((entry) => entry.events);
  const tokens = tokensOf(spending.used) + spending.lost.tokens;
  const usd = spending.used.priced ? spending.used.costUsd + spending.lost.usd : undefined;
  const landed = made.landed;
  const per = (sum: number | undefined): number | undefined =>
    sum === undefined || landed === 0 ? undefined : sum / landed;
  const verified = made.list.filter((t) => t.state === 'landed' && t.verified === 'verified').length;
  const agents = events.flatMap((e) => (e.type === 'agent.started' ? [plain(e.driver, 100)] : []));
  const asked = events.flatMap((e) =>
    e.type === 'iteration.started' ? [e.model] : e.type === 'agent.started' && e.model ? [e.model] : [],
  );
  return {
    run: run.id,
    request: plain(run.request.text, 300),
    mode: run.request.mode,
    target: plain(run.request.target, 200),
    base: run.request.base,
    isGated: run.request.gate !== undefined,
    isClosed: closed !== undefined,
    agents: distinct(agents.length > 0 ? agents : [pinned.agent]),
    models: distinct([...asked, ...Object.values(pinned.models)].map((name) => plain(name, 100))),
    prompts: promptsOf(events, pinned),
    tasks: made.list.length,
    landed,
    failed: made.tasks.failed,
    verifiedShare: landed === 0 ? undefined : verified / landed,
    attemptsPerLanding: per(made.attempts),
    gateFailures: (made.rejections['gate-failed'] ?? 0) + (made.rejections['gate-timeout'] ?? 0),
    tokens,
    tokensPerLanding: per(tokens),
    usd,
    usdPerLanding: per(usd),
    activeMs: made.activeMs,
    isComplete: made.verdict === 'complete',
  };
}

/** Pinned at the beginning; a tuned one has another hash from then on. */
function promptsOf(
  events: readonly Entry['events'][number][],
  { prompts }: Pinned,
): Readonly<Record<string, readonly string[]>> {
  const planner = events.flatMap((e) => (e.type === 'iteration.started' ? [e.promptHash] : []));
  return Object.fromEntries(
    Object.entries(prompts).map(([name, hash]) => [
      name,
      name === 'planner' && planner.length > 0 ? distinct(planner) : [hash],
    ]),
  );
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** Why these say little of one another, a clause each; empty: they were asked the same. */
export function incomparable(runs: readonly ComparedRun[]): readonly string[] {
  const differ = (what: string, of: (run: ComparedRun) => string): readonly string[] => {
    const first = of(runs[0]!);
    const other = runs.find((run) => of(run) !== first);
    return other ? [`${other.run} has another ${what} than ${runs[0]!.run}`] : [];
  };
  return [
    ...differ('request', (run) => run.request),
    ...differ('way of beginning (a plan, a planner, branches)', (run) => run.mode),
    ...runs.flatMap((run) => (run.isClosed ? [] : [`${run.run} has not ended`])),
  ];
}

/** What makes a difference smaller than it looks: told, and no reason to refuse. */
export function doubts(runs: readonly ComparedRun[]): readonly string[] {
  const first = runs[0]!;
  return [
    ...(runs.some((run) => run.base !== first.base) ? ['they began on different commits'] : []),
    ...(runs.some((run) => run.isGated !== first.isGated) ? ['not all of them had a gate'] : []),
    ...(runs.some((run) => run.usd === undefined) ? ['some model calls had no price'] : []),
    ...(runs.some((run) => run.landed === 0) ? ['one landed nothing: there is no cost per landing'] : []),
  ];
}
