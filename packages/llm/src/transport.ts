import type { Watch } from './deadlines.ts';

/** The most one answer may weigh, decoded: a stream that never ends must not fill the memory. */
export const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** `fetch` that follows no redirect, obeys and feeds the watch, and ends an answer that grows too large. */
export function watchedFetch(watch: Watch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: watch.signal });
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
