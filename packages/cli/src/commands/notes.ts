/** `swarm notes`: what the run's workers and its operator tell one another; `notes set` adds to it. */
import { SwarmError } from '@swarm/core/errors';
import type { SharedNote } from '@swarm/core/model/shared-note';
import { sharedNotes } from '@swarm/core/rules/shared-notes';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { sanitize } from '../telling/output.ts';
import { steer } from './steer.ts';

interface Words {
  readonly set?: string | undefined;
  readonly key?: string | undefined;
  readonly text?: string | undefined;
}

export async function notes(
  { set, key, text }: Words,
  options: RunChoice,
  context: Context,
): Promise<number> {
  const isSet = set === 'set' && key !== undefined && text !== undefined;
  if (set !== undefined && !isSet)
    throw new SwarmError({
      code: 'SW0101',
      what: 'a note is set by its key and its text',
      fix: 'swarm notes set "names" "say colour, not color"',
    });
  const { state, paths } = await readRun(options, context);
  if (isSet) {
    // What the operator has seen is what stands there now; who was faster is told so by the run.
    const version = state.notes.get(key.trim())?.version ?? 0;
    const command = {
      type: 'setNote',
      key: key.trim(),
      value: text.trim(),
      version,
      by: 'operator',
    } as const;
    return steer(command, { ...options, run: paths.run }, context);
  }
  const all = sharedNotes(state);
  if (options.json) context.output.json({ run: paths.run, notes: all });
  else
    context.output.result(sanitize(all.length === 0 ? 'there are no notes' : all.map(noteText).join('\n\n')));
  return 0;
}

const noteText = ({ key, text, version, by }: SharedNote): string =>
  `${key}  (version ${version}, by ${by})\n  ${text.replaceAll('\n', '\n  ')}`;
