/** What a plan is likely to use, in words, for whoever is asked whether it begins. Earlier runs are read once. */
import { type Forecast, forecast, type RecordedRun } from '@swarm/core/rules/forecast';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Config } from '../config/resolved.ts';
import type { Environment, RepositoryPaths } from '../finding/paths.ts';
import { recordedRuns } from '../finding/recorded.ts';
import { forecastText } from '../telling/forecast-text.ts';

interface ForeseeAsk {
  readonly repository: RepositoryPaths;
  readonly config: Config;
  readonly env: Environment;
}

export type Foresee = (drafts: readonly TaskDraft[]) => Promise<Foreseen>;

export interface Foreseen {
  readonly forecast: Forecast;
  readonly text: string;
}

export function foreseer({ repository, config, env }: ForeseeAsk): Foresee {
  let recorded: Promise<readonly RecordedRun[]> | undefined;
  return async (drafts) => {
    recorded ??= recordedRuns(repository, env);
    const tried = drafts.map((draft) => ({ ...draft, candidates: triesOf(draft, config) }));
    const likely = forecast(tried, config.workers.max, await recorded);
    return { forecast: likely, text: forecastText(likely, config).join('\n') };
  };
}

/** How many try a task: each costs what a task costs. */
function triesOf({ kind, role = 'coder', candidates }: TaskDraft, { roles = {} }: Config): number {
  return kind === 'change' ? (candidates ?? roles[role]?.candidates ?? 1) : 1;
}
