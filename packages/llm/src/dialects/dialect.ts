/** What one protocol of model servers is: everything that differs between them, and nothing else. */
import type { DialectName } from '@swarm/core/model/dialect';
import type { ModelRequest, ProviderBag } from '@swarm/core/ports/models';
import type { ModelProfile } from '../profiles.ts';
import type { Loose } from '../reading/quirks.ts';
import type { Body, ReadFields } from './kinds.ts';

/** How an answer comes: whole, as server-sent events, or as one list that grows (Gemini's other form). */
export type AnswerForm = 'whole' | 'events' | 'list';

export interface Dialect {
  readonly name: DialectName;
  /** Where a call goes, after the endpoint's base URL. */
  path(model: string, form: AnswerForm): string;
  /** Where its models are listed, all on one page. */
  readonly list: string;
  /** What shows the endpoint that we may ask. */
  keyHeaders(key: string): Readonly<Record<string, string>>;
  /** Less than this may not be asked for. */
  readonly leastOutput?: number;
  /** Sent with every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers of an agent's request that are sent on, by what of their values may be. */
  readonly passed?: Readonly<Record<string, RegExp>>;

  // ───────────── a request of an agent ─────────────

  /** The allowed part of it. Refused where what it costs, or whom it reaches, cannot be seen in it. */
  read(body: Body): ReadFields;
  /** What bounds it. Read of allowed fields. */
  bounds(fields: Body): Bounds;
  /** Without its own bound on the answer, which `outgoing` says again. */
  unbounded(fields: Body): Body;
  /** Everything of it that a model reads. */
  prompt(fields: Body): unknown;

  // ───────────── a request as it goes out ─────────────

  /** What a profile says of the model, where the request says nothing of it itself. @param key names the conversation. */
  profiled(fields: Body, profile: ModelProfile, key: string | undefined): Body;
  outgoing(fields: Body, how: Outgoing): Body;
  /** Without what another endpoint sent along with an answer, and without our own mark of that. */
  forEndpoint(body: Body, endpoint: string): Body;
  /** A request of our own, without model, bound and stream. @param to what another one sent along is left out. */
  ask(request: ModelRequest, to: Pick<ProviderBag, 'endpoint' | 'model'>): Body;

  // ───────────── an answer ─────────────

  /** Reads the events of one answer, or its one body, into chunks of a chat completion. */
  reader(): Reader;
  /** An error as this protocol's clients know it. @param code ours. */
  problem(status: number, code: string, message: string): Body;
}

export interface Bounds {
  /** The most tokens of one answer, where the agent says so. */
  readonly output: number | undefined;
  readonly choices: number;
  readonly messages: number;
}

export interface Outgoing {
  readonly model: string;
  /** Absent: the answer is bounded by the server alone, where the protocol allows that. */
  readonly bound: number | undefined;
  readonly form: AnswerForm;
  readonly profile: ModelProfile;
}

export interface Reader {
  /**
   * @returns chunks as a server of chat completions sends them; usage only once it is final. `unread`: what was said
   * beside the answer, and counts where the server counts nothing.
   */
  read(wire: Loose): readonly Loose[];
}
