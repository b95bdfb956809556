/** A call told apart by what is in its body, as any real server could. */
import type { Ask, WireBody } from './habit.ts';

export function readAsk(raw: string): Pick<Ask, 'kind' | 'title' | 'turn' | 'body'> {
  const body = JSON.parse(raw) as WireBody;
  const isWorker = /"name":"submit_handoff"/.test(raw) || body.messages.some(isWorkersRules);
  const kind = isWorker ? 'worker' : body.tools || body.messages.length > 1 ? 'planner' : 'probe';
  const told = body.messages.map(({ content }) => JSON.stringify(content ?? '')).join('\n');
  return {
    kind,
    body,
    title: isWorker ? (/Task t\d+: (.*?)\\n/.exec(told)?.[1] ?? '') : '',
    turn: body.messages.filter(({ role }) => role === 'assistant').length,
  };
}

const isWorkersRules = ({ content }: { content?: unknown }): boolean =>
  typeof content === 'string' && content.startsWith('You are a worker:');
