/** What an agent says while it works, as signs of life and lines of the transcript. All of it is hostile. */
import type { AgentActivity } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import * as z from 'zod';
import { formatAgentEvent } from '../../agent-events.ts';
import { plainText, shownText } from '../../transcript.ts';
import type { Note } from '../session.ts';

/** Calls under way whose titles are remembered. */
const CALLS_MAX = 200;
/** Characters of a text that are held until something else is said. */
const TEXT_MAX = 16_000;

const updateSchema = z.object({
  update: z.object({
    sessionUpdate: z.string(),
    content: z.unknown().optional(),
    toolCallId: z.string().optional(),
    title: z.string().nullish(),
    name: z.string().nullish(),
    kind: z.string().nullish(),
    status: z.string().nullish(),
    rawInput: z.unknown().optional(),
    rawOutput: z.unknown().optional(),
  }),
});
type Update = z.infer<typeof updateSchema>['update'];

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const wrapped = z.object({ type: z.literal('content'), content: textBlock });
const diff = z.object({ type: z.literal('diff'), path: z.string() });
const textOf = (content: unknown): string => textBlock.safeParse(content).data?.text ?? '';

interface Call {
  readonly tool: string;
  readonly title: string;
  readonly from: number;
}

export interface UpdateParts {
  readonly clock: Clock;
  readonly note: Note;
  readonly onActivity: (activity: AgentActivity) => void;
}

export class Updates {
  readonly #parts: UpdateParts;
  readonly #calls = new Map<string, Call>();
  /** What is being said, and by which kind of chunk. */
  #said = { kind: '', text: '' };
  /** All that the agent said since its last call: what it ends with. */
  #last = '';
  #done = 0;

  constructor(parts: UpdateParts) {
    this.#parts = parts;
  }

  get toolCalls(): number {
    return this.#done;
  }

  /** What it said after its last call. */
  get lastText(): string {
    return this.#last.trim();
  }

  take(params: unknown): void {
    const update = updateSchema.safeParse(params).data?.update;
    if (!update) return;
    const { sessionUpdate: kind } = update;
    if (kind === 'agent_message_chunk' || kind === 'agent_thought_chunk')
      return this.#say(kind, textOf(update.content));
    if (kind === 'tool_call') return this.#begin(update);
    if (kind === 'tool_call_update') return this.#change(update);
    if (kind === 'plan') this.#parts.onActivity({ kind: 'text', detail: 'a plan' });
  }

  /** Its last words are those of its last turn. */
  nextTurn(): void {
    this.flush();
    this.#last = '';
  }

  /** The turn is over. */
  flush(): void {
    const { kind, text } = this.#said;
    this.#said = { kind: '', text: '' };
    if (text.trim() === '') return;
    const isThought = kind === 'agent_thought_chunk';
    this.#parts.note({ stream: isThought ? 'thought' : 'agent', text: plainText(text.trim()) });
    this.#parts.onActivity({ kind: isThought ? 'text' : 'model', detail: shownText(text.trim()) });
  }

  #say(kind: string, text: string): void {
    if (kind !== this.#said.kind || this.#said.text.length > TEXT_MAX) this.flush();
    const room = Math.max(0, TEXT_MAX - this.#last.length);
    if (kind === 'agent_message_chunk') this.#last += text.slice(0, room);
    this.#said = { kind, text: this.#said.text + text };
  }

  #begin(update: Update): void {
    this.flush();
    this.#last = '';
    const id = update.toolCallId ?? '';
    if (this.#calls.size >= CALLS_MAX) this.#calls.delete(this.#calls.keys().next().value!);
    const tool = shownText(update.name ?? update.kind ?? 'tool');
    const title = shownText(update.title ?? '');
    this.#calls.set(id, { tool, title, from: this.#parts.clock.monotonic() });
    const input = update.rawInput === undefined ? '{}' : jsonOf(update.rawInput);
    const args = input === '{}' ? title : input;
    this.#event({ type: 'tool.called', step: 0, tool, args });
    this.#change(update);
  }

  /** Ends a call once; what comes of it later counts for nothing. */
  #change(update: Update): void {
    const call = this.#calls.get(update.toolCallId ?? '');
    if (!call || (update.status !== 'completed' && update.status !== 'failed')) return;
    this.#calls.delete(update.toolCallId ?? '');
    this.#done += 1;
    const ok = update.status === 'completed';
    const durationMs = Math.max(0, Math.round(this.#parts.clock.monotonic() - call.from));
    const output = outputOf(update);
    this.#event({ type: 'tool.ended', step: 0, tool: call.tool, ok, durationMs, output });
    const detail = shownText(call.title === '' ? output : call.title);
    this.#parts.onActivity({ kind: 'tool', tool: call.tool, detail, ok, durationMs });
  }

  #event(event: Parameters<typeof formatAgentEvent>[0]): void {
    this.#parts.note({ event: JSON.parse(formatAgentEvent(event)) as unknown });
  }
}

function outputOf({ content, rawOutput }: Update): string {
  const parts = Array.isArray(content) ? content.slice(0, 20) : [];
  const texts = parts.flatMap((part) => {
    const text = wrapped.safeParse(part).data?.content.text;
    const path = diff.safeParse(part).data?.path;
    return text ?? (path === undefined ? [] : `edits ${path}`);
  });
  if (texts.length > 0) return plainText(texts.join('\n'));
  return rawOutput === undefined ? '' : jsonOf(rawOutput);
}

/** Of any value: one that is nested too deep is not shown. */
function jsonOf(value: unknown): string {
  try {
    return plainText(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  } catch {
    return '(nested too deep to be shown)';
  }
}
