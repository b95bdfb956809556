import type { Watch } from './deadlines.ts';
import { keyHeader } from './dialects/all.ts';
import { type EndpointConfig, keyNow, type Send, urlOf } from './endpoints.ts';
import { type CallFailure, errorBody, failureOf } from './failures.ts';
import { isOfLongQuota, resetAt } from './resets.ts';
import { redactKeys } from './secrets.ts';

/** The most one answer may weigh, decoded: a stream that never ends must not fill the memory. */
export const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** `fetch` that follows no redirect, obeys and feeds the watch, and ends an answer that grows too large. */
export function watchedFetch(watch: Watch, send: Send = fetch): Send {
  return async (url, init) => {
    const response = await send(url, { ...init, redirect: 'manual', signal: watch.signal });
    if (response.body === null) return response;
    const body = response.body.pipeThrough(watchPieces(watch));
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

function watchPieces(watch: Watch): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(piece, controller) {
      bytes += piece.byteLength;
      if (bytes > MAX_RESPONSE_BYTES)
        throw new Error(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
      watch.progress();
      controller.enqueue(piece);
    },
  });
}

/**
 * Makes one call, in the provider's name. The headers are built from nothing. A rejected key is tried again where there
 * is another. @param path after the base URL.
 */
export async function postCall(
  endpoint: EndpointConfig,
  path: string,
  json: string,
  about: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<Response> {
  const post = (): Promise<Response> =>
    watchedFetch(watch, endpoint.send)(urlOf(endpoint, path), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...about,
        ...keyHeader(endpoint),
      },
      body: json,
    });
  const { renewal } = endpoint;
  for (let isAgain = false; ; isAgain = true) {
    const shown = keyNow(endpoint);
    const response = await post();
    endpoint.gauge?.hear(response.headers);
    if (response.status !== 401) renewal?.accepted(shown);
    else if (!isAgain && (await renewal?.renew(shown))) {
      await response.body?.cancel();
      continue;
    }
    return response;
  }
}

/** What an answer that is not a 2xx means. */
export async function refusalOf(
  response: Response,
  endpoint: EndpointConfig,
  now: number,
): Promise<CallFailure> {
  // Before anything is cut or joined: half a key or a key in two lines would not be known again.
  const body = redactKeys(await response.text(), [endpoint]);
  const said = errorBody(body);
  const message = redactKeys(said.message, [endpoint]);
  const retryAfter = response.headers.get('retry-after');
  const moreAt = resetAt(response.headers, body, now);
  const isLong = isOfLongQuota(response.headers, body, now);
  const { status } = response;
  return failureOf({ ...said, message, status, retryAfter, moreAt, isOfLongQuota: isLong }, now);
}
