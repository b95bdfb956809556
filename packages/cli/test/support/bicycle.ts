/** A small request and a model that does it: one file a part, whatever has been planned or killed before. */
import type { Answer, Call } from './model-server.ts';

/** Not a language swarm knows the tests of: the gate is given. */
export const FILES = {
  'list.txt': 'a parts list\n',
  'parts/wheel.txt': 'wheel\n',
  'check.sh':
    'for f in parts/*.txt; do [ "$(wc -l < "$f")" -le 3 ] || { echo "$f is too long"; exit 1; }; done\n',
};
export const GATE = 'sh check.sh';

export const titleOf = (part: string): string => `Add ${part}`;

const taskOf = (part: string) => ({
  id: part,
  title: titleOf(part),
  description: `Write parts/${part}.txt with the name of the part.`,
  scope: [`parts/${part}.txt`],
  acceptance: 'the file is there',
  verify: `grep -qx ${part} parts/${part}.txt`,
  priority: 3,
});

export const planOf = (parts: readonly string[]): string =>
  JSON.stringify({ tasks: parts.map(taskOf), scratchpad: 'goals: a bicycle', done: true }, null, 1);

/** Plans what the conversation does not speak of yet. */
export function plannerAnswer(call: Call, parts: readonly string[]): Answer {
  const said = call.messages.map((message) => message.content ?? '').join('\n');
  return { text: planOf(parts.filter((part) => !said.includes(titleOf(part)))) };
}

/** Writes the file, looks at it, hands in. */
export function workerAnswer({ title, turn }: Call): Answer {
  const part = title.replace('Add ', '');
  const path = `parts/${part}.txt`;
  if (turn === 0) return { tool: { name: 'write', arguments: { path, content: `${part}\n` } } };
  if (turn === 1) return { tool: { name: 'bash', arguments: { command: `cat ${path}` } } };
  const said = { status: 'complete', summary: `${part} is there.`, concerns: [], suggestions: [] };
  return { tool: { name: 'submit_handoff', arguments: said } };
}

export const modelEnvironment = (url: string): Record<string, string> => ({
  OPENAI_API_KEY: 'key',
  OPENAI_BASE_URL: url,
  SWARM_MODEL: 'test-model',
});
