/** Language models, as the planner and the reconciler meet them. */
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
 * What a provider sent along with an answer and wants back as it came: its thinking, signatures of calls. Nobody
 * looks into it, and it goes to the same endpoint and model alone.
 */
export interface ProviderBag {
  readonly endpoint: string;
  readonly model: string;
  /** The endpoint behind a gateway of ours. */
  readonly via?: string;
  /** Fields of the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields of its calls, by the call's id. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote it: parsed, and refused if it does not parse, by whoever runs the tool. */
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
  /** No tool may be called, though `tools` are named: servers refuse a history of calls without them. */
  readonly toolChoice?: 'none';
  readonly maxOutputTokens?: number;
  /** Sent along as `X-Swarm-Task` and `X-Swarm-Attempt`, for endpoints that tell callers apart. */
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export type ModelEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'tools'; readonly calls: readonly ToolCall[] }
  /** Cut by its own output limit. */
  | { readonly kind: 'length' }
  | { readonly kind: 'refused'; readonly why: string }
  /** The stream broke after `text`; retries are used up. */
  | { readonly kind: 'cut'; readonly why: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'auth'; readonly why: string }
  | { readonly kind: 'quota'; readonly why: string }
  | { readonly kind: 'bad-request'; readonly why: string };

export interface ModelResult {
  readonly end: ModelEnd;
  readonly text: string;
  readonly usage: Usage;
  /** The model that answered, as the endpoint names it. */
  readonly model: string;
  /** Belongs on the assistant message this answer becomes. */
  readonly bag?: ProviderBag;
}

export interface Model {
  /** The configured name for a role, for journal and log. */
  nameFor(role: ModelRole): string;
  /**
   * One streamed answer, retried inside until it ends one way. `onText` sees each piece once and only of the
   * try whose answer is returned unless that try was cut: text already shown is never taken back, so a try
   * that showed text and then broke ends as `cut` and is not retried here.
   */
  stream(
    request: ModelRequest,
    options: { readonly signal: AbortSignal; readonly onText?: (piece: string) => void },
  ): Promise<ModelResult>;
  /** Resolves when an endpoint answers again after `down`; for P15. */
  whenUp(signal: AbortSignal): Promise<void>;
}

/** What the calls of one ticket may use together; a dimension that is absent is not bounded. */
export interface TicketLimits {
  readonly tokens?: number;
  /** US dollars. Calls of a model without a price are refused where it is set. */
  readonly usd?: number;
}

/** How a call on a ticket ended. `over-budget`: it was not made, because what is left does not cover it. */
export type TicketEnd = ModelEnd | { readonly kind: 'over-budget'; readonly why: string };
export type TicketResult = Omit<ModelResult, 'end'> & { readonly end: TicketEnd };

/** One role's right to ask its model, bounded by what was reserved for it. */
export interface ModelTicket {
  /** As `Model.stream`. Sets the expected use of the call aside before it, and books what it used after it. */
  stream(
    request: Omit<ModelRequest, 'role'>,
    options: { readonly signal: AbortSignal; readonly onText?: (piece: string) => void },
  ): Promise<TicketResult>;
  /** What is neither used nor set aside; never below nothing. */
  left(): TicketLimits;
  /** Adds a further reservation. */
  extend(by: TicketLimits): void;
}

/** The run's models. Nobody here can ask one without a ticket, so that no budget is only a figure in a book. */
export interface TicketedModel {
  /** Returns the configured name for a role, for journal and log. */
  nameFor(role: ModelRole): string;
  as(role: ModelRole, limits: TicketLimits): ModelTicket;
  /** Resolves when an endpoint answers again after `down`; for P15. */
  whenUp(signal: AbortSignal): Promise<void>;
}
