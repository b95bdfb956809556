/** What a server of the eval is: who answers, and how a provider's habit bends what it takes and what it sends. */

export interface WireCall {
  readonly id?: string;
  readonly type?: string;
  readonly function: { readonly name: string; readonly arguments: unknown };
}

export interface WireMessage extends Readonly<Record<string, unknown>> {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly WireCall[];
  readonly tool_call_id?: string;
}

export interface WireBody extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly {
    readonly function: { readonly name: string; readonly parameters: Readonly<Record<string, unknown>> };
  }[];
}

/** One call of the program, told apart as any real server could: by what is in its body. */
export interface Ask {
  readonly kind: 'planner' | 'worker' | 'probe';
  /** Title of the worker's task; empty for others. */
  readonly title: string;
  /** Answers this conversation already holds. */
  readonly turn: number;
  readonly body: WireBody;
  /** The body as it came. */
  readonly raw: string;
  /** Calls before this one, refused ones among them. */
  readonly before: number;
  /** Calls before this one that hold the same. */
  readonly again: number;
}

export interface ToolUse {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the model means to say, before its server puts it on the wire. */
export interface Reply {
  readonly text?: string;
  readonly calls?: readonly ToolUse[];
}

/** It may wait for something before it answers. */
export type Brain = (ask: Ask) => Reply | Promise<Reply>;

/** An answer that is none: status, body, headers. */
export interface Refusal {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Chunk = Readonly<Record<string, unknown>>;

export interface Habit {
  /** Said of a request that this provider does not take. */
  readonly refuse?: (ask: Ask) => Refusal | undefined;
  /** The model's own turn of mind: what it says instead. */
  readonly says?: (reply: Reply, ask: Ask) => Reply;
  /** The chunks of a stream, without its end. */
  readonly chunks?: (chunks: readonly Chunk[], reply: Reply, ask: Ask) => readonly Chunk[];
  /** The stream as text, its end among it. */
  readonly text?: (text: string, ask: Ask) => string;
  readonly contentType?: string;
  /** Silence before the first byte, ms. */
  readonly silentMs?: (ask: Ask) => number;
  /** Comments that say nothing, one each 50 ms, before the answer. */
  readonly comments?: (ask: Ask) => number;
}
