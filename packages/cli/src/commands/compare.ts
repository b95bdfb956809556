/** `swarm compare`: what runs of the same request landed, and what it took, by agent, model and prompt. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type ComparedRun, comparedRun, doubts, incomparable, type Pinned } from '@swarm/core/views/compare';
import { durationText, groupText } from '@swarm/core/views/words';
import type { KnownRun } from '../finding/door.ts';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { modelNames } from '../running/models.ts';
import { sanitize } from '../telling/output.ts';
import { renderTable } from '../telling/table.ts';

const RUNS_MAX = 20;

export async function compare(
  names: readonly string[],
  options: Omit<RunChoice, 'run'>,
  context: Context,
): Promise<number> {
  const asked = [...new Set(names)];
  if (asked.length < 2 || asked.length > RUNS_MAX) throw new SwarmError(tooFew(asked.length));
  const runs: ComparedRun[] = [];
  // One after another: a journal may be large, and only its sums are kept.
  for (const run of asked) {
    const read = await readRun({ ...options, run }, context);
    const row = comparedRun(read.state, read.entries, pinnedOf(read));
    if (row) runs.push(row);
    else throw new SwarmError({ code: 'SW0104', what: `${run} was never opened`, fix: 'swarm runs' });
  }
  const why = incomparable(runs);
  if (why.length > 0) throw new SwarmError(unlike(why));
  const told = doubts(runs);
  if (options.json) context.output.json({ runs, doubts: told });
  else context.output.result(sanitize(asText(runs, told, context.output.columns)));
  return 0;
}

export const pinnedOf = ({ file }: Pick<KnownRun, 'file'>): Pinned => ({
  agent: file.config.agent.driver,
  models: present(modelNames(file)),
  prompts: file.promptHashes,
});

const present = (names: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, value]] : [],
    ),
  );

function asText(runs: readonly ComparedRun[], told: readonly string[], columns: number | undefined): string {
  const percent = (share: number | undefined) => (share === undefined ? '-' : `${Math.round(share * 100)} %`);
  const figure = (n: number | undefined, digits: number) => (n === undefined ? '-' : n.toFixed(digits));
  const rows: readonly (readonly [string, (run: ComparedRun) => string])[] = [
    ['agents', (r) => r.agents.join(', ')],
    ['models', (r) => r.models.join(', ') || '-'],
    ...promptRows(runs),
    ['complete', (r) => (r.isComplete ? 'yes' : 'no')],
    ['tasks', (r) => String(r.tasks)],
    ['landed', (r) => String(r.landed)],
    ['failed', (r) => String(r.failed)],
    ['verified', (r) => percent(r.verifiedShare)],
    ['attempts a landing', (r) => figure(r.attemptsPerLanding, 2)],
    ['gate failures', (r) => String(r.gateFailures)],
    ['tokens', (r) => groupText(r.tokens)],
    [
      'tokens a landing',
      (r) => (r.tokensPerLanding === undefined ? '-' : groupText(Math.round(r.tokensPerLanding))),
    ],
    ['cost', (r) => (r.usd === undefined ? 'price unknown' : `$${r.usd.toFixed(4)}`)],
    ['cost a landing', (r) => (r.usdPerLanding === undefined ? '-' : `$${r.usdPerLanding.toFixed(4)}`)],
    ['time at work', (r) => durationText(r.activeMs)],
  ];
  const table = renderTable(
    ['', ...runs.map(({ run }) => run)],
    rows.map(([name, of]) => [name, ...runs.map(of)]),
    { columns, flexible: runs.map((_, i) => i + 1) },
  );
  const notes = told.map((one) => `note: ${one}`);
  return [`request: ${runs[0]!.request}`, table, ...notes].join('\n');
}

/** Prompts that are the same in all of them say nothing. */
function promptRows(
  runs: readonly ComparedRun[],
): readonly (readonly [string, (run: ComparedRun) => string])[] {
  const names = [...new Set(runs.flatMap(({ prompts }) => Object.keys(prompts)))].sort();
  const of = (name: string) => (run: ComparedRun) =>
    (run.prompts[name] ?? ['-']).map((hash) => hash.slice(0, 10)).join(', ');
  const differing = names.filter((name) => new Set(runs.map(of(name))).size > 1);
  if (differing.length === 0) return [['prompts', () => 'the same']];
  return differing.map((name) => [`prompt ${name}`, of(name)] as const);
}

const tooFew = (count: number): Problem => ({
  code: 'SW0101',
  what: `${count} ${count === 1 ? 'run is' : 'runs are'} not compared: it takes 2 to ${RUNS_MAX} different ones`,
  fix: 'swarm runs; then swarm compare r-… r-…',
});

const unlike = (why: readonly string[]): Problem => ({
  code: 'SW0108',
  what: `these runs are not to be compared: ${why.join('; ')}`,
  why: 'figures of runs that were not asked the same say nothing of agents, models or prompts',
  fix: 'swarm runs   # name runs of one request that have ended',
});
