import type { SetupAsk } from '@swarm/core/ports/bench';
import type { Context } from '../context.ts';

/** What every bench of this run is prepared with; only the base's own setup may fetch. */
export function setupOf({ state, settings }: Pick<Context, 'state' | 'settings'>): { setup?: SetupAsk } {
  const { setup, base } = state.run.request;
  if (!setup) return {};
  return {
    setup: { command: setup, ...settings.setup, trusted: base, landed: state.head },
  };
}
