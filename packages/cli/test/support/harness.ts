/** What the tests of the harness share: tasks that each want one file, plans of them, and what a worker says. */
import type { Answer } from './model-server.ts';
import type { Move, WireMessage } from './window-server.ts';

export const task = (id: string, more: object = {}) => ({
  id,
  title: `Add ${id}`,
  description: `Write ${id}.txt.`,
  scope: [`${id}.txt`],
  acceptance: 'it is there',
  priority: 2,
  ...more,
});

export const planOf = (...tasks: object[]) => ({ tasks, done: false });
export const plan = (...tasks: object[]): Answer => ({ text: JSON.stringify(planOf(...tasks)) });
export const OVER: Answer = { text: '{"tasks":[],"done":true}' };

export const handoff = (
  status: string,
  summary: string,
  concerns: readonly string[] = [],
  suggestions: readonly string[] = [],
) => ({ status, summary, concerns, suggestions });

/** As moves of the server that has a window. */
export const submit = (status = 'complete'): Move => ({
  calls: [['submit_handoff', handoff(status, 'a is there')]],
});
export const bash = (command: string, more: object = {}): Move => ({
  calls: [['bash', { command, ...more }]],
});

export const textOf = (messages: readonly Pick<WireMessage, 'content'>[]): string =>
  messages.map((m) => m.content ?? '').join('\n');
