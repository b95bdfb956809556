/** The small request that every quirk is tried on: two parts of a bicycle, one file each, and a model that knows how. */
import type { Ask, Reply } from '../server/habit.ts';

export const FILES = {
  'list.txt': 'a parts list\n',
  'parts/wheel.txt': 'wheel\n',
  'check.sh': 'for f in parts/*.txt; do [ -s "$f" ] || { echo "$f is empty"; exit 1; }; done\n',
};

export const PARTS = ['axle', 'bell'] as const;
export const titleOf = (part: string): string => `Add ${part}`;
export const pathOf = (part: string): string => `parts/${part}.txt`;

const taskOf = (part: string) => ({
  id: part,
  title: titleOf(part),
  priority: 3,
  scope: [pathOf(part)],
  description: `Write ${pathOf(part)} with the name of the part.`,
  acceptance: 'the file is there',
  verify: `grep -q ${part} ${pathOf(part)}`,
});

export const planOf = (parts: readonly string[]): string =>
  JSON.stringify({ tasks: parts.map(taskOf), scratchpad: 'goals: a bicycle', done: true }, null, 1);

/** Plans what nobody spoke of yet; looks once before it answers, as planners do. */
function plan({ turn, raw }: Ask): Reply {
  if (turn === 0 && !raw.includes(titleOf(PARTS[0]))) return { calls: [{ name: 'list', arguments: {} }] };
  return { text: planOf(PARTS.filter((part) => !raw.includes(`${titleOf(part)}`))) };
}

/** Writes the file, looks at it, hands in: each step because the one before it is in the conversation. */
function work({ title, raw }: Ask): Reply {
  const part = title.replace('Add ', '');
  const path = pathOf(part);
  if (!raw.includes(`wrote ${path}`))
    return { calls: [{ name: 'write', arguments: { path, content: `${part}\n` } }] };
  if (!raw.includes('exit code 0'))
    return { calls: [{ name: 'bash', arguments: { command: `cat ${path}` } }] };
  const said = { status: 'complete', summary: `${part} is there.`, concerns: [], suggestions: [] };
  return { calls: [{ name: 'submit_handoff', arguments: said }] };
}

export function bicycle(ask: Ask): Reply {
  if (ask.kind === 'probe') return { text: 'pong' };
  return ask.kind === 'planner' ? plan(ask) : work(ask);
}
