/** Where a call comes in, in which dialect it is, where it shows its token, and how it is refused. */
import type { HttpBindings } from '@hono/node-server';
import type { DialectName } from '@swarm/core/model/dialect';
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

export interface RouteAt {
  /** Ends in `*` where the rest names a model. */
  readonly path: string;
  readonly dialect: DialectName;
  /** The question how long a prompt is, and no call. */
  readonly isCount?: boolean;
}

/** Every path that takes a call. Google's clients name the version they were made for. */
export const ROUTES: readonly RouteAt[] = [
  { path: '/v1/chat/completions', dialect: 'chat' },
  { path: '/v1/responses', dialect: 'responses' },
  { path: '/v1/messages', dialect: 'messages' },
  { path: '/v1/messages/count_tokens', dialect: 'messages', isCount: true },
  { path: '/v1beta/models/*', dialect: 'gemini' },
  { path: '/v1alpha/models/*', dialect: 'gemini' },
  { path: '/v1/models/*', dialect: 'gemini' },
];

export const MODELS_PATH = '/v1/models';

/** For whoever asks for another. */
export const pathsShown = (): string =>
  [...ROUTES.map(({ path }) => path.replace('*', '{model}:generateContent')), MODELS_PATH].join(', ');

/** By the path; the one they share is Anthropic's where its client asks. */
export function dialectAt(c: AgentContext): Dialect {
  const route = ROUTES.find(({ path }) => c.req.path.startsWith(path.replace('*', '')));
  if (route !== undefined) return DIALECTS[route.dialect];
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
