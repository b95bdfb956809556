/** Answers of generateContent, read into chunks of a chat completion. */
import type { Loose } from '../reading/quirks.ts';
import type { Reader } from './dialect.ts';
import { isObject, objectsIn } from './kinds.ts';

const FINISH: Readonly<Record<string, string>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
};

/** Every chunk counts what was used so far: only the one that ends the answer, or comes after it, is final. */
export function createGeminiReader(): Reader {
  let isOver = false;
  return {
    read(wire) {
      const candidates = objectsIn(wire.candidates);
      if (candidates.length === 0 && !isObject(wire.usageMetadata) && !isObject(wire.promptFeedback))
        return [wire];
      const [first] = candidates;
      const blocked = isObject(wire.promptFeedback) && wire.promptFeedback.blockReason !== undefined;
      const reason = blocked ? 'SAFETY' : candidates.find((c) => c.finishReason !== undefined)?.finishReason;
      isOver ||= reason !== undefined;
      const parts = isObject(first?.content) ? objectsIn(first.content.parts) : [];
      const text = parts.filter((part) => part.thought !== true).map(({ text: said }) => said ?? '');
      const rest = candidates.slice(1).map((candidate) => JSON.stringify(candidate.content ?? ''));
      return [
        {
          ...(typeof wire.modelVersion === 'string' && { model: wire.modelVersion }),
          choices: [
            {
              delta: { content: text.join('') },
              ...(reason !== undefined && { finish_reason: FINISH[String(reason)] ?? reason }),
            },
          ],
          unread: unread(parts, rest),
          ...(isOver && isObject(wire.usageMetadata) && { usage: usageOf(wire.usageMetadata) }),
        },
      ];
    },
  };
}

/** What is said beside the text, so that it counts where the server counts nothing. */
function unread(parts: readonly Loose[], others: readonly string[]): string {
  const beside = parts.filter((part) => part.functionCall !== undefined || part.thought === true);
  return [...beside.map((part) => JSON.stringify(part)), ...others].join('');
}

function usageOf(usage: Loose): Loose {
  const prompt = count(usage.promptTokenCount) + count(usage.toolUsePromptTokenCount);
  return {
    prompt_tokens: prompt,
    completion_tokens: count(usage.candidatesTokenCount) + count(usage.thoughtsTokenCount),
    prompt_tokens_details: { cached_tokens: count(usage.cachedContentTokenCount) },
    ...(Number.isInteger(usage.totalTokenCount) && { total_tokens: usage.totalTokenCount }),
  };
}

const count = (n: unknown): number => (Number.isInteger(n) && Number(n) > 0 ? Number(n) : 0);
