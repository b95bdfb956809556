/**
 * Asks a forge by HTTP: with a limit on everything that comes back, entity tags, pages, and pauses where it is busy. The
 * token goes to the one origin it is for and nowhere else, wherever an answer points.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { judge, PATIENCE, type Patience, pauseMs } from './patience.ts';

export interface HttpOptions {
  /** Where its API is, such as `https://api.github.com`. */
  readonly api: string;
  /** What every question carries; the token is in it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly random: Rng;
  readonly patience?: Patience;
  /** It is told once per pause that is longer than a second. */
  readonly onWait?: (why: string, waitMs: number) => void;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** Below the API's address, without its first `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What stood in it; undefined when it was no JSON. */
  readonly json: unknown;
  /** What the forge said of a refusal. */
  readonly message: string;
}

/** The answer was lost, or was a failure of the forge's own, every time it was asked. */
export class Silent extends Error {}

const BYTES_MAX = 16 * 1024 * 1024;
const ANSWER_MS = 30_000;
/** Most pages of one list: with 100 on each these are 5,000 entries. */
const PAGES_MAX = 50;
const REDIRECTS_MAX = 3;
const TAGS_MAX = 500;
const WORDS_MAX = 500;

interface Tagged {
  readonly tag: string;
  readonly answer: Answer;
}

export class Http {
  readonly #options: HttpOptions;
  readonly #api: URL;
  readonly #patience: Patience;
  /** The last answers by address: what has not changed is not sent again, and does not count against the limit. */
  readonly #tags = new Map<string, Tagged>();

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#api = new URL(options.api.replace(/\/*$/, '/'));
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Errors: SW0706 where nothing answers, SW0406 where the token is rejected. */
  async ask(asked: Asked): Promise<Answer> {
    try {
      return await this.#ask(asked, this.#address(asked));
    } catch (error) {
      throw error instanceof Silent ? this.#silent(error) : error;
    }
  }

  /**
   * Asks for what must not be done twice: it is asked again only where the forge said that it was not done. Throws Silent
   * when that is not known, and the errors of `ask`.
   */
  once(asked: Asked): Promise<Answer> {
    return this.#ask(asked, this.#address(asked), true);
  }

  /**
   * Every entry of a list, over all its pages: a part of one is never taken for it, for checks and comments decide
   * things. Undefined: there is no such thing, by a status in `absent`. Errors: as `ask`, and SW0706 for a list that cannot be read to its end.
   */
  async list(
    asked: Omit<Asked, 'method' | 'body'>,
    entries?: (json: unknown) => unknown,
    absent: readonly number[] = [404],
  ): Promise<readonly unknown[] | undefined> {
    const all: unknown[] = [];
    let next: URL | undefined = this.#address({
      method: 'GET',
      ...asked,
      query: { per_page: '100', ...asked.query },
    });
    for (let page = 0; next !== undefined; page++) {
      if (page === PAGES_MAX) throw this.#endless(asked.path, `it has more than ${PAGES_MAX} pages`);
      const answer: Answer = await this.#ask({ method: 'GET', path: asked.path }, next).catch(
        (error: unknown) => {
          throw error instanceof Silent ? this.#silent(error) : error;
        },
      );
      if (absent.includes(answer.status)) return undefined;
      const list = entries ? entries(answer.json) : answer.json;
      if (answer.status !== 200 || !Array.isArray(list)) throw this.refused(answer, `GET ${asked.path}`);
      all.push(...(list as unknown[]));
      next = this.#next(answer, next, asked.path);
    }
    return all;
  }

  /** An answer nobody expected. */
  refused({ status, message }: Pick<Answer, 'status' | 'message'>, what: string): SwarmError {
    const why = message === '' ? `it answered ${status}` : `it answered ${status}: ${message}`;
    return new SwarmError({ code: 'SW0706', what: `the forge at ${this.#api.host} refused ${what}`, why });
  }

  // ───────────── one question ─────────────

  #address({ path, query = {} }: Asked): URL {
    const url = new URL(path, this.#api);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async #ask(asked: Asked, url: URL, isOnce = false): Promise<Answer> {
    const over = this.#options.clock.monotonic() + this.#patience.totalMs;
    for (let ask = 1; ; ask++) {
      const answer = await this.#send(asked, url).catch((error: unknown) => wordsOf(error));
      const { now } = this.#options.clock;
      const chance = this.#options.random();
      const verdict =
        typeof answer === 'string'
          ? { kind: 'failing' as const, waitMs: pauseMs(ask, chance, this.#patience) }
          : judge(answer, ask, now(), chance, this.#patience);
      if (verdict.kind === 'answer') return this.#known(answer as Answer);
      const why = typeof answer === 'string' ? answer : saidBy(answer);
      const isLast = ask >= this.#patience.asks || this.#options.clock.monotonic() + verdict.waitMs > over;
      if (verdict.kind === 'failing' && isOnce) throw new Silent(why);
      if (isLast)
        throw new Silent(
          verdict.kind === 'limited' ? `${why}; there is more in ${inWords(verdict.waitMs)}` : why,
        );
      if (verdict.waitMs > 1_000) this.#options.onWait?.(why, verdict.waitMs);
      await new Promise<void>((resume) => this.#options.clock.after(verdict.waitMs, resume));
    }
  }

  /** A token that is rejected is rejected for everything. */
  #known(answer: Answer): Answer {
    if (answer.status !== 401) return answer;
    throw new SwarmError({
      code: 'SW0406',
      what: `the forge at ${this.#api.host} rejects the token`,
      why: answer.message || 'it answered 401',
      fix: 'swarm doctor   # names the tokens it looks for, and what each needs',
    });
  }

  async #send(asked: Asked, url: URL): Promise<Answer> {
    let at = url;
    for (let turn = 0; ; turn++) {
      const response = await this.#fetch(asked, at);
      const to = response.headers.get('location');
      if (![301, 302, 307, 308].includes(response.status) || to === null)
        return this.#read(asked, at, response);
      await response.body?.cancel();
      at = new URL(to, at);
      if (at.origin !== this.#api.origin)
        throw new Error(`it points to ${at.origin}, which has no business with the token`);
      if (turn === REDIRECTS_MAX) throw new Error('it points from one address to the next');
    }
  }

  #fetch({ method, body }: Asked, url: URL): Promise<Response> {
    const tagged = method === 'GET' ? this.#tags.get(url.href) : undefined;
    return fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        ...this.#options.headers,
        ...(tagged && { 'if-none-match': tagged.tag }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async #read({ method }: Asked, url: URL, response: Response): Promise<Answer> {
    const { status, headers } = response;
    const tagged = this.#tags.get(url.href);
    if (status === 304 && tagged) {
      await response.body?.cancel();
      return tagged.answer;
    }
    const text = await bounded(response);
    const json = parsed(text);
    const answer = { status, headers, json, message: messageOf(json) };
    const tag = headers.get('etag');
    if (method === 'GET' && status === 200 && tag !== null) {
      if (this.#tags.size >= TAGS_MAX) this.#tags.delete(this.#tags.keys().next().value!);
      this.#tags.set(url.href, { tag, answer });
    }
    return answer;
  }

  /** The next page is followed only where it is of the same forge. */
  #next({ headers }: Answer, from: URL, path: string): URL | undefined {
    const link = /<([^<>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
    if (link === undefined) return undefined;
    const next = new URL(link, from);
    if (next.origin === this.#api.origin) return next;
    throw this.#endless(
      path,
      `its next page is said to be at ${next.origin}, which has no business with the token`,
    );
  }

  #endless(path: string, why: string): SwarmError {
    const what = `a list of the forge at ${this.#api.host} cannot be read to its end`;
    return new SwarmError({ code: 'SW0706', what, where: path, why });
  }

  #silent(cause: Silent): SwarmError {
    const problem = {
      code: 'SW0706',
      what: `the forge at ${this.#api.host} does not answer`,
      why: cause.message,
    } as const;
    return new SwarmError(problem, { cause });
  }
}

async function bounded(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > BYTES_MAX) throw new Error(`its answer is longer than ${BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** GitHub says `message` and `errors`, GitLab `message` or `error`, each in more than one form. */
function messageOf(json: unknown): string {
  if (typeof json !== 'object' || json === null) return '';
  const { message, error, errors } = json as Record<string, unknown>;
  const parts = [message ?? error, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return parts.flatMap(worded).join('; ').slice(0, WORDS_MAX);
}

function worded(part: unknown): readonly string[] {
  if (part === undefined || part === null) return [];
  const said =
    typeof part === 'object' ? ((part as { message?: unknown }).message ?? JSON.stringify(part)) : part;
  return [
    String(said)
      .slice(0, WORDS_MAX)
      .replaceAll(/\p{Cc}+/gu, ' '),
  ];
}

const saidBy = ({ status, message }: Answer): string => `it answered ${status}${message && `: ${message}`}`;

/** Fetch names the reason only in the cause. */
function wordsOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
  return [message, cause?.code ?? cause?.message].filter(Boolean).join(': ').slice(0, WORDS_MAX);
}

const inWords = (ms: number): string =>
  ms < 90_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
