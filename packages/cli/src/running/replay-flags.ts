import type { RunFile } from './run-file.ts';

/** Flags of a run that decide what its models are asked, as a person would type them; each with what it came to. */
export const replayFlags = ({
  config,
  gate,
  setup,
  target,
  sandbox,
}: RunFile): Readonly<Record<string, string>> => ({
  '--target': target,
  '--workers': String(config.workers.max),
  '--agent': [config.agent.driver, ...(config.agent.fallback ?? [])].join(','),
  '--gate': gate ?? 'none',
  '--setup': setup ?? 'none',
  '--sandbox': sandbox,
  ...budgetFlags(config.budget),
});

function budgetFlags({ usd, tokens, timeMs }: RunFile['config']['budget']): Record<string, string> {
  const limits = [
    ...(usd === undefined ? [] : [`${usd}usd`]),
    ...(tokens === undefined ? [] : [`${tokens}tok`]),
  ];
  return {
    ...(limits.length > 0 && { '--budget': limits.join(',') }),
    ...(timeMs !== undefined && { '--time': `${timeMs / 1_000}s` }),
  };
}
