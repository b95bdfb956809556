/**
 * A forge over real HTTP: tokens, entity tags, pages, limits on how much and how fast, and failures on demand. What it
 * knows is `state.ts`; how it says it is a dialect's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { githubRoutes } from './github-routes.ts';
import { gitlabRoutes } from './gitlab-routes.ts';
import type { ForgeMutant, Question, Said } from './question.ts';
import { type FakeRefs, type FakeRepository, ForgeState, No, sha } from './state.ts';

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How the next calls that match go wrong. */
export interface Trouble {
  readonly times: number;
  /** `lost`: it is done, and the answer never comes. */
  readonly how: 'rate-limit' | 'secondary' | 'abuse-words' | 'forbidden' | 'bad-gateway' | 'reset' | 'lost';
  readonly match?: (method: string, path: string) => boolean;
  /** Seconds until there is more. */
  readonly afterSeconds?: number;
}

export interface FakeForgeOptions {
  readonly dialect?: 'github' | 'gitlab';
  readonly mutant?: ForgeMutant;
  /** Answers what is no question of the API, such as git's own. */
  readonly beside?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Beside the REST API, where an Enterprise has it. */
const GRAPHQL = '/api/graphql';

export class FakeForge {
  readonly state = new ForgeState();
  readonly calls: Call[] = [];
  readonly dialect: 'github' | 'gitlab';
  /** Is called when a question has come, and again when it is done and not yet answered. */
  around: ((when: 'come' | 'done', method: string, path: string) => void) | undefined;
  readonly #options: FakeForgeOptions;
  readonly #troubles: { left: number; trouble: Trouble }[] = [];
  readonly #server: Server;
  #budget = { left: 5_000, resetAt: 0 };

  private constructor(options: FakeForgeOptions) {
    this.#options = options;
    this.dialect = options.dialect ?? 'github';
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(options: FakeForgeOptions = {}): Promise<FakeForge> {
    const forge = new FakeForge(options);
    forge.#server.listen(0, '127.0.0.1');
    await once(forge.#server, 'listening');
    return forge;
  }

  /** Where its pages are. */
  get web(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get api(): string {
    return `${this.web}${this.#prefix}`;
  }

  get #prefix(): string {
    return this.dialect === 'github' ? '/api/v3' : '/api/v4';
  }

  add(slug: string, refs: FakeRefs, parent?: string): FakeRepository {
    return this.state.add(slug, refs, parent);
  }

  /** From now on, in this order. */
  trouble(trouble: Trouble): void {
    this.#troubles.push({ left: trouble.times, trouble });
  }

  /** So many more questions until `resetAt`, ms since the epoch. */
  limit(left: number, resetAt: number): void {
    this.#budget = { left, resetAt };
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.web);
    if (!url.pathname.startsWith(`${this.#prefix}/`) && url.pathname !== GRAPHQL) {
      if (this.#options.beside) this.#options.beside(request, response);
      else response.writeHead(404).end();
      return;
    }
    const text = await bodyOf(request);
    const note = (status: number): void => {
      const { method = '', headers } = request;
      this.calls.push({ method, path: request.url!.slice(this.#prefix.length), status, headers, body: text });
    };
    this.around?.('come', request.method!, request.url!);
    const trouble = this.#next(request.method!, request.url!);
    if (trouble && trouble.how !== 'lost') {
      note(0);
      return troubled(trouble, response, this.#options.mutant, this.dialect);
    }
    const said = await this.#answer(request, url, text);
    note(said.status);
    this.around?.('done', request.method!, request.url!);
    if (trouble) {
      request.socket.destroy();
      return;
    }
    this.#write(request, response, url, said);
  }

  #next(method: string, path: string): Trouble | undefined {
    const next = this.#troubles.find(
      ({ left, trouble }) => left > 0 && (trouble.match?.(method, path) ?? true),
    );
    if (next) next.left -= 1;
    return next?.trouble;
  }

  async #answer(request: IncomingMessage, url: URL, text: string): Promise<Said> {
    const given =
      request.headers.authorization?.replace(/^(?:Bearer|token) /i, '') ?? request.headers['private-token'];
    const known = this.state.tokens.get(String(given));
    const login =
      known ?? (this.#options.mutant === 'any-token' ? [...this.state.tokens.values()][0] : undefined);
    if (login === undefined) return { status: 401, json: { message: 'Bad credentials' } };
    if (Date.now() >= this.#budget.resetAt) this.#budget = { left: 5_000, resetAt: Date.now() + 3_600_000 };
    if (this.#budget.left <= 0) return { status: 403, json: { message: 'API rate limit exceeded' } };
    this.#budget.left -= 1;
    const asked: Question = {
      method: request.method!,
      path: url.pathname === GRAPHQL ? 'graphql' : url.pathname.slice(this.#prefix.length + 1),
      query: url.searchParams,
      body: parsed(text),
      login,
      web: this.web,
      mutant: this.#options.mutant,
    };
    try {
      const routes = this.dialect === 'github' ? githubRoutes : gitlabRoutes;
      return (await routes(this.state, asked)) ?? { status: 404, json: { message: 'Not Found' } };
    } catch (error) {
      if (!(error instanceof No)) throw error;
      const { status, message, errors } = error;
      return { status, json: { message, ...(errors.length > 0 && { errors }) } };
    }
  }

  #write(request: IncomingMessage, response: ServerResponse, url: URL, said: Said): void {
    const { mutant } = this.#options;
    const paged = said.pages ? pageOf(said.pages, url, mutant === 'one-page') : undefined;
    const json =
      paged && said.pages ? (said.inside?.(paged.entries, said.pages.length) ?? paged.entries) : said.json;
    const body = JSON.stringify(json);
    const tag = mutant === 'stale-tag' ? `W/"${sha(url.href)}"` : `W/"${sha(body)}"`;
    if (paged?.link) response.setHeader('link', paged.link);
    if (mutant !== 'limit-unsaid') {
      response.setHeader('x-ratelimit-remaining', String(this.#budget.left));
      response.setHeader('x-ratelimit-reset', String(Math.ceil(this.#budget.resetAt / 1_000)));
    }
    response.setHeader('etag', tag);
    const isSame =
      request.method === 'GET' && request.headers['if-none-match'] === tag && said.status === 200;
    if (isSame) response.writeHead(304).end();
    else response.writeHead(said.status, { 'content-type': 'application/json; charset=utf-8' }).end(body);
  }
}

function troubled(
  { how, afterSeconds = 1 }: Trouble,
  response: ServerResponse,
  mutant: ForgeMutant | undefined,
  dialect: 'github' | 'gitlab',
): void {
  const say = (status: number, message: string): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
  switch (how) {
    case 'rate-limit':
      if (mutant !== 'limit-unsaid') {
        const x = dialect === 'github' ? 'x-' : '';
        response.setHeader(`${x}ratelimit-remaining`, '0');
        response.setHeader(`${x}ratelimit-reset`, String(Math.floor(Date.now() / 1_000) + afterSeconds));
      }
      return say(dialect === 'github' ? 403 : 429, 'API rate limit exceeded for user ID 1.');
    case 'secondary':
      response.setHeader('retry-after', String(afterSeconds));
      return say(429, 'You have exceeded a secondary rate limit.');
    case 'abuse-words':
      return say(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      );
    case 'forbidden':
      return say(403, 'Resource not accessible by personal access token');
    case 'bad-gateway':
      return void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Unicorn!</html>');
    default:
      response.socket?.destroy();
  }
}

function pageOf(
  all: readonly unknown[],
  url: URL,
  isOnlyOne: boolean,
): { readonly entries: readonly unknown[]; readonly link?: string } {
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
  const page = Number(url.searchParams.get('page') ?? 1);
  const entries = all.slice((page - 1) * size, page * size);
  if (page * size >= all.length || isOnlyOne) return { entries };
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  return { entries, link: `<${next.href}>; rel="next"` };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  return JSON.parse(text) as Record<string, unknown>;
}
