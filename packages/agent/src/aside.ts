/** A question beside the work: it is answered in text, and no tool can be called. */
import { addUsage } from '@swarm/core/model/usage';
import type { ChatMessage } from '@swarm/core/ports/models';
import type { AgentRun } from './agent-run.ts';
import type { Talk } from './talk.ts';

export interface Aside {
  readonly messages: readonly ChatMessage[];
  readonly question: string;
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
}

/** What it says, or an empty text when it says nothing. What it used counts. */
export async function askAside(run: AgentRun, talk: Talk, aside: Aside): Promise<string> {
  const { messages, question, maxOutputTokens, signal } = aside;
  const { specs } = run.tools;
  const answer = await run.model.stream(
    {
      role: 'worker',
      messages: [...messages, { role: 'user', content: question }],
      ...(run.textTools ? { tools: [] } : { tools: specs, toolChoice: 'none' as const }),
      maxOutputTokens,
      ...(run.task && { task: run.task }),
      ...(run.attempt && { attempt: run.attempt }),
    },
    { signal },
  );
  talk.usage = addUsage(talk.usage, answer.usage);
  return answer.text.trim();
}
