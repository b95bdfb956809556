/** `swarm prompts show planner --rendered`: what a planner would be sent, piece by piece. */
import { SwarmError } from '@swarm/core/errors';
import { countText } from '@swarm/core/views/words';
import { type Brief, type BriefPiece, briefOnce } from '@swarm/orchestrator';
import type { ProgramPlaces } from '../places.ts';
import { lookBeforehand } from '../preparing/looking.ts';
import { prepare } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import { renderTable } from '../telling/table.ts';

/** Characters of one token, as English and code go. */
const CHARS_PER_TOKEN = 4;
/** Stands for a request that is not given. */
const REQUEST = '<request>';

/** Undefined, and why is said, where no run could begin here. */
export async function plannerBrief(
  { repo, request = REQUEST }: { readonly repo?: string | undefined; readonly request?: string | undefined },
  context: Context,
  places: ProgramPlaces,
): Promise<Brief | undefined> {
  try {
    const prepared = await prepare(request, { ...(repo !== undefined && { repo }) }, context, places);
    return await lookBeforehand(prepared, context, places, (look) => briefOnce(look, look.settings));
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const why = error.problems.map(({ what }) => what).join('; ');
    context.output.narrate(`no run could begin here (${why}): each hole shows its name`);
    return undefined;
  }
}

const KEPT: Readonly<Record<BriefPiece['kept'], string>> = {
  always: 'yes, for every run with these prompts',
  run: 'yes, while the repository says the same',
  conversation: 'yes, until the conversation begins anew',
};

export function briefText({ messages, tools, pieces }: Brief): string {
  const rows = pieces.map(({ name, chars, kept }) => [name, ...sizes(chars), KEPT[kept]]);
  const whole = pieces.reduce((sum, { chars }) => sum + chars, 0);
  const table = renderTable(
    ['part', 'characters', 'tokens, about', 'a provider can keep it'],
    [...rows, ['together', ...sizes(whole), '']],
  );
  const said = messages.map(({ role, content }) => `${role}:\n\n${content.trimEnd()}`);
  const named = `tools (${countText(tools.length, 'tool')}):\n\n${JSON.stringify(tools, null, 1)}`;
  return [...said, named, table].join('\n\n');
}

const sizes = (chars: number): readonly string[] => [
  String(chars),
  String(Math.ceil(chars / CHARS_PER_TOKEN)),
];
