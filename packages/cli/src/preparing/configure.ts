/** The configuration of a run. A person is asked here, where one is there: to trust, and to go on with no sandbox. */

import { flagsSource } from '../config/flags.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { OPEN } from '../config/sandboxes.ts';
import type { Context } from '../program/context.ts';
import type { RunOptions } from '../program/options.ts';
import { askToTrust, isSomebodyThere, mayRunOpen } from './ask.ts';
import type { Located } from './locate.ts';
import { probeOnce } from './sandbox-probe.ts';

/** Where no sandbox works and none was chosen, a person may say once that it is to go on without. */
export async function configure(
  located: Located,
  options: RunOptions,
  context: Context,
): Promise<LoadedConfig> {
  const loaded = await configuration(located, options, context);
  if (loaded.config.workers.sandbox !== 'auto') return loaded;
  const probe = await probeOnce(loaded.config, context.env);
  if (probe.kind === 'works' || !(await mayRunOpen(context.env, probe.reason))) return loaded;
  return configuration(located, { ...options, sandbox: OPEN }, context);
}

function configuration(located: Located, options: RunOptions, context: Context): Promise<LoadedConfig> {
  return loadConfig({
    env: context.env,
    ...(located.exists && !located.isBare && { repository: located.path }),
    flags: flagsSource(options),
    isTrustGiven: options.trustRepo === true,
    ...(isSomebodyThere() && { askTrust: askToTrust }),
  });
}
