/** Language models, as the planner, the reconciler and agents use them. */
import type { AttemptId, TaskId } from '../model/ids.ts';
import type { Usage } from '../model/usage.ts';

export type ModelRole = 'planner' | 'worker' | 'reconciler' | 'reviewer';

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls: readonly ToolCall[];
      readonly bag?: ProviderBag;
    }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/**
 * Extra fields a provider sent with an answer and wants back unchanged, such as its thinking or signatures of calls.
 * Nobody reads them. They are sent only to the same endpoint and model.
 */
export interface ProviderBag {
  readonly endpoint: string;
  readonly model: string;
  /** The endpoint behind our gateway, when the answer came through one. */
  readonly via?: string;
  /** Extra fields of the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Extra fields of each tool call, by the call's id. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The text the model wrote. The one who runs the tool parses it, and refuses it when it does not parse. */
  readonly argumentsJson: string;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly role: ModelRole;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
  /** No tool may be called. `tools` are still sent, because servers refuse a history of calls without them. */
  readonly toolChoice?: 'none';
  readonly maxOutputTokens?: number;
  /** Are sent as `X-Swarm-Task` and `X-Swarm-Attempt`, for endpoints that tell callers apart. */
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export type ModelEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'tools'; readonly calls: readonly ToolCall[] }
  /** The answer was cut at the model's output limit. */
  | { readonly kind: 'length' }
  | { readonly kind: 'refused'; readonly why: string }
  /** The stream broke after `text`, and it is not tried again. */
  | { readonly kind: 'cut'; readonly why: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'auth'; readonly why: string }
  /** `moreAt`: when there is more, where a provider says it; ms since the epoch. */
  | { readonly kind: 'quota'; readonly why: string; readonly moreAt?: number }
  | { readonly kind: 'bad-request'; readonly why: string };

export interface ModelResult {
  readonly end: ModelEnd;
  readonly text: string;
  readonly usage: Usage;
  /** The model that answered, by the endpoint's name for it. */
  readonly model: string;
  /** Put it on the assistant message that this answer becomes. */
  readonly bag?: ProviderBag;
}

export interface Model {
  /** Returns the configured name for a role, for journal and log. */
  nameFor(role: ModelRole): string;
  /**
   * Asks for one answer and returns how it ended. Tries that fail are repeated here. `onText` is called once with each
   * piece of text. Text that was shown is never taken back: when a try breaks after its first text, the answer ends as
   * `cut` and is not tried again here.
   */
  stream(
    request: ModelRequest,
    options: { readonly signal: AbortSignal; readonly onText?: (piece: string) => void },
  ): Promise<ModelResult>;
  /** Resolves when an endpoint answers again after `down` (P15). */
  whenUp(signal: AbortSignal): Promise<void>;
}

/** The most that all calls of one ticket may use together. An absent dimension is not bounded. */
export interface TicketLimits {
  readonly tokens?: number;
  /** US dollars. When it is set, a call of a model without a price is refused. */
  readonly usd?: number;
}

/** How a call on a ticket ended. `over-budget`: the call was not made, because too little is left for it. */
export type TicketEnd = ModelEnd | { readonly kind: 'over-budget'; readonly why: string };
export type TicketResult = Omit<ModelResult, 'end'> & { readonly end: TicketEnd };

/** Lets one role ask its model, within what was reserved for it. */
export interface ModelTicket {
  /** Works like `Model.stream`. Sets aside what the call may use before it, and books what it used after it. */
  stream(
    request: Omit<ModelRequest, 'role'>,
    options: { readonly signal: AbortSignal; readonly onText?: (piece: string) => void },
  ): Promise<TicketResult>;
  /** Returns what is left: not used and not set aside. Never negative. */
  left(): TicketLimits;
  /** Adds another reservation to what may be used. */
  extend(by: TicketLimits): void;
}

/** The run's models. A model can be asked only with a ticket, so that every call keeps to a budget. */
export interface TicketedModel {
  /** Returns the configured name for a role, for journal and log. */
  nameFor(role: ModelRole): string;
  /** Returns a ticket for the role with these limits. */
  as(role: ModelRole, limits: TicketLimits): ModelTicket;
  /** Resolves when an endpoint answers again after `down` (P15). */
  whenUp(signal: AbortSignal): Promise<void>;
}
