/** Where a call comes in, in which dialect it is, where it shows its token, and how it is refused. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { DIALECTS } from '../dialects/all.ts';
import type { AnswerForm, Dialect } from '../dialects/dialect.ts';
import type { Room } from './bodies.ts';
import type { Counts } from './count.ts';
import type { Ticket } from './tokens.ts';

/** What belongs to the socket a call came by. */
export interface Caller {
  readonly ticket: Ticket;
  /** For the bodies of its calls. */
  readonly room: Room;
  readonly counts: Counts;
}

export type AgentContext = Context<{ Bindings: HttpBindings & Caller }>;

/** Every path that takes a call, for whoever asks for another. */
export const PATHS = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent (or below /v1)',
  '/v1/models',
];

/** Google's clients name the version they were made for. */
export const GEMINI_VERSIONS = ['v1', 'v1beta', 'v1alpha'];
const GEMINI = new RegExp(`^/(v1/models/|(${GEMINI_VERSIONS.slice(1).join('|')})/)`);

/** By the path; the one they share is Anthropic's where its client asks. */
export function dialectAt(c: AgentContext): Dialect {
  const { path } = c.req;
  if (GEMINI.test(path)) return DIALECTS.gemini;
  if (path.startsWith('/v1/messages')) return DIALECTS.messages;
  if (path.startsWith('/v1/responses')) return DIALECTS.responses;
  return c.req.header('anthropic-version') === undefined ? DIALECTS.chat : DIALECTS.messages;
}

/** The last part of a path of Gemini's, `<model>:<method>`. Undefined where it is no call. */
export function geminiForm(c: AgentContext): AnswerForm | undefined {
  const method = c.req.path.slice(c.req.path.lastIndexOf(':') + 1);
  if (method === 'generateContent') return 'whole';
  if (method !== 'streamGenerateContent') return undefined;
  return c.req.query('alt') === 'sse' ? 'events' : 'list';
}

/** Every place where some client puts it. */
export function tokensShown(c: AgentContext): readonly string[] {
  const authorization = c.req.header('authorization');
  const shown = [
    /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1],
    c.req.header('x-api-key'),
    c.req.header('x-goog-api-key'),
    c.req.query('key'),
  ];
  return shown.filter((token) => token !== undefined);
}

/** One list in the shapes of both clients that ask for it. */
export function modelList(model: string): object {
  const one = { id: model, object: 'model', created: 0, owned_by: 'swarm' };
  const both = { ...one, type: 'model', display_name: model, created_at: '1970-01-01T00:00:00Z' };
  return { object: 'list', data: [both], has_more: false, first_id: model, last_id: model };
}

/** In the shape of the caller's dialect. */
export function problem(c: AgentContext, status: number, code: string, message: string): Response {
  return c.json(dialectAt(c).problem(status, code, message), status as ContentfulStatusCode);
}

/** Headers of the agent's that change how it is answered, and nothing else. */
export function passedHeaders(c: AgentContext, { passed = {} }: Dialect): Record<string, string> {
  const kept = Object.entries(passed).flatMap(([name, allowed]) => {
    const values = (c.req.header(name) ?? '').split(',').map((value) => value.trim());
    const known = values.filter((value) => allowed.test(value)).slice(0, 8);
    return known.length > 0 ? [[name, known.join(',')] as const] : [];
  });
  return Object.fromEntries(kept);
}
