import type { ChatMessage } from '@swarm/core/ports/models';
import type { RenderedPrompt } from '@swarm/core/ports/world';

/** The messages a conversation begins with. */
export const toldBy = ({ system, text }: Pick<RenderedPrompt, 'system' | 'text'>): ChatMessage[] => [
  ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
  { role: 'user', content: text },
];
