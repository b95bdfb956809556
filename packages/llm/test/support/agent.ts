import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** False when the connection was torn before the answer's end. */
  readonly isWhole: boolean;
}

/** Asks over a unix socket, as an agent inside the sandbox does. */
export async function ask(
  socketPath: string,
  token: string,
  body: unknown,
  more: {
    path?: string;
    signal?: AbortSignal;
    headers?: Record<string, string>;
    onPiece?: (text: string) => unknown;
  } = {},
): Promise<Reply> {
  const request = httpRequest({
    socketPath,
    path: more.path ?? '/v1/chat/completions',
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more.headers },
    ...(more.signal && { signal: more.signal }),
  });
  request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = await once(request, 'response');
  // What comes later shows in `isWhole`.
  request.on('error', () => {});
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      text += piece;
      more.onPiece?.(text);
    }
  } catch {
    // A torn connection: told by `complete`.
  }
  return { status: response.statusCode, headers: response.headers, text, isWhole: response.complete };
}
