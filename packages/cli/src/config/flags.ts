/** The flags of `swarm run` that are configuration, under the names the schema knows. */
import type { Problem } from '@swarm/core/errors';
import type { RunOptions } from '../program/options.ts';
import type { Source } from './load.ts';
import { parseBudget } from './units.ts';

const FLAG_OF: Readonly<Record<string, string>> = {
  target: '--target',
  'deliver.to': '--deliver',
  'workers.max': '--workers',
  'planner.depth': '--depth',
  'workers.sandbox': '--sandbox',
  'agent.driver': '--agent',
  'agent.fallback': '--agent',
  'gate.command': '--gate',
  'env.setup': '--setup',
  'env.network': '--setup-network',
  'budget.usd': '--budget',
  'budget.tokens': '--budget',
  'budget.time': '--time',
  'review.reviewers': '--reviewers',
};

type Flags = Pick<
  RunOptions,
  | 'target'
  | 'deliver'
  | 'workers'
  | 'depth'
  | 'sandbox'
  | 'agent'
  | 'gate'
  | 'setup'
  | 'setupNetwork'
  | 'budget'
  | 'time'
  | 'reviewers'
>;

/** Values are not judged here but for `--budget`, which is no single key: the schema judges them with all others. */
export function flagsSource(flags: Flags): Source {
  const limits = flags.budget === undefined ? {} : parseBudget(flags.budget);
  const raw = {
    target: flags.target,
    deliver: filled({ to: flags.deliver }),
    workers: filled({ max: flags.workers, sandbox: flags.sandbox }),
    planner: filled({ depth: flags.depth }),
    agent: filled(drivers(flags.agent)),
    gate: filled({ command: flags.gate }),
    env: filled({ setup: flags.setup, network: flags.setupNetwork }),
    budget: filled({ ...limits, time: flags.time }),
    review: filled({ reviewers: flags.reviewers }),
  };
  return {
    raw: filled(raw) ?? {},
    whereOf: (keyPath) => FLAG_OF[keyPath.replace(/\[\d+\]$/, '')] ?? 'the command line',
    problems: limits ? [] : [badBudget(flags.budget!)],
  };
}

export const badBudget = (text: string, fix = '--budget 5usd,2Mtok'): Problem => ({
  code: 'SW0102',
  what: `the budget ${JSON.stringify(text)} cannot be read`,
  where: '--budget',
  why: 'a budget is a number with usd, tok, ktok or Mtok, or several of them with commas',
  fix,
});

/** The first does the tasks, the others stand in for it. One alone has nobody, whatever a file says. */
function drivers(typed: string | undefined): { driver?: string; fallback?: readonly string[] } {
  if (typed === undefined) return {};
  const [driver = '', ...fallback] = typed.split(',').map((name) => name.trim());
  return { driver, fallback };
}

/** Without undefined values; undefined when nothing is left. */
function filled<T extends object>(values: T): Partial<T> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<T>);
}
