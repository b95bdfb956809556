/** What an address is, where it is no endpoint of models: looked at with plain requests that cost nothing. */
import type { Clock } from '@swarm/core/ports/world';
import { DEFAULT_DEADLINES, startWatch } from './deadlines.ts';
import { keyHeader } from './dialects/all.ts';
import { type EndpointConfig, urlOf } from './endpoints.ts';
import { wordsOf } from './failures.ts';
import { redactKeys } from './secrets.ts';
import { watchedFetch } from './transport.ts';

/** `no-version`: the models are below `/v1`. `web-page`: what answers is made for browsers, such as a login. */
export type EndpointFault = 'no-version' | 'web-page' | 'tls';

export interface Fault {
  readonly kind: EndpointFault;
  readonly why: string;
}

const LOOK_MS = 4_000;
/** Words and codes of OpenSSL and Node for a certificate that is not trusted, or no TLS at all. */
const TLS =
  /\bCERT_|self[- ]signed|unable to (verify|get) .*certificate|certificate has expired|ERR_TLS|ERR_SSL|EPROTO|wrong version number|altname/i;
const VERSION = /\/v\d+(beta|alpha)?\d*(\/|$)/;

/** Whether a failure's words are of TLS. */
export const isTls = (why: string): boolean => TLS.test(why);

/**
 * @param why what was said of the failure that made somebody look.
 * @returns undefined where nothing of it is the address's fault.
 */
export async function faultAt(
  endpoint: EndpointConfig,
  { clock, why }: { readonly clock: Clock; readonly why: string },
): Promise<Fault | undefined> {
  if (isTls(why)) return { kind: 'tls', why };
  const { pathname } = new URL(endpoint.baseUrl);
  if (!VERSION.test(pathname)) {
    const below = await look({ ...endpoint, baseUrl: urlOf(endpoint, 'v1') }, clock);
    if (below?.isModels) return { kind: 'no-version', why: `${why}; below /v1 it answers` };
  }
  const here = await look(endpoint, clock);
  return here?.page === undefined ? undefined : { kind: 'web-page', why: here.page };
}

interface Look {
  /** It lists models, or wants a key for them, in JSON. */
  readonly isModels: boolean;
  /** It answers with a page for browsers, or sends them to one: which. */
  readonly page: string | undefined;
}

async function look(endpoint: EndpointConfig, clock: Clock): Promise<Look | undefined> {
  const limits = { ...DEFAULT_DEADLINES, firstByteMs: LOOK_MS, totalMs: LOOK_MS };
  const watch = startWatch(limits, clock, new AbortController().signal);
  try {
    const response = await watchedFetch(watch)(urlOf(endpoint, 'models'), {
      headers: { accept: 'application/json', ...keyHeader(endpoint) },
    });
    const text = redactKeys(await response.text(), [endpoint]);
    return { isModels: isModels(response.status, text), page: pageOf(response, text) };
  } catch (error) {
    return isTls(wordsOf(error)) ? { isModels: false, page: undefined } : undefined;
  } finally {
    watch.stop();
  }
}

function isModels(status: number, text: string): boolean {
  try {
    const body = JSON.parse(text) as { data?: unknown; error?: unknown } | null;
    return status === 200 ? Array.isArray(body?.data) : [401, 403].includes(status) && body !== null;
  } catch {
    return false;
  }
}

/** What is told of a page: its title, or where it sends a browser. Undefined where it is none. */
export function pageOf(response: Response, text: string): string | undefined {
  const { status, headers } = response;
  const to = headers.get('location');
  if (status >= 300 && status < 400 && to !== null) return `it sends browsers to ${to.split('?', 1)[0]}`;
  const isPage = headers.get('content-type')?.includes('html') || /^\s*<(!doctype|html)/i.test(text);
  if (!isPage) return undefined;
  const title = /<title[^>]*>([^<]{1,120})/i.exec(text)?.[1]?.replace(/\s+/g, ' ').trim();
  return `it answers with a web page${title ? `, “${title}”` : ''}`;
}
