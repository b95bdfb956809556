/** `swarm issue`: an issue of the forge is the request. Everything else is as in `swarm run`. */
import { programPlaces } from '../places.ts';
import { issueOpening } from '../preparing/issue.ts';
import { soloOf } from '../preparing/opening.ts';
import { prepareFor } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import type { RunOptions } from '../program/options.ts';
import { begin } from './run.ts';

export async function issue(asked: string, options: RunOptions, context: Context): Promise<number> {
  const places = programPlaces();
  const mode = options.solo ? 'plan' : 'planner';
  const prepared = await prepareFor({
    options,
    context,
    places,
    mode,
    opening: async (found) => {
      const { notices = [], ...opening } = await issueOpening(asked, found, context.env);
      if (!options.solo) return { ...opening, notices };
      const { notices: more = [], ...solo } = soloOf(opening.text);
      return { ...opening, ...solo, notices: [...notices, ...more] };
    },
  });
  return begin(prepared, options, context, places);
}
