/** What else is served under the same address: paths and upgrades of its own, behind the same guard and with the same head. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Reply, SAFE_HEADERS, send } from './reply.ts';

export interface Beside {
  /** Its paths want no token, and no page may ask them. */
  readonly isOpen: boolean;
  /** The most connections of its own. */
  readonly sockets: number;
  owns(path: string): boolean;
  /** Whether it stands open to a worker with a token of its own. */
  isWorkers(path: string): boolean;
  answer(asked: AskedBeside): Promise<AnsweredBeside> | AnsweredBeside;
  /** `not-here`: this path is no socket's; `full`: there is no room. Nothing was done to the socket then. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    path: string,
    /** Whom it may be, where its token says so. */
    worker?: string,
  ): 'taken' | 'not-here' | 'full';
}

export interface AskedBeside {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Fires when whoever asked does not wait any more. */
  readonly left: AbortSignal;
}

export type AnsweredBeside = Reply | { readonly stream: (response: ServerResponse) => void };

/** It may take its time: a call of hours is no silence. */
export async function answerBeside(
  beside: Beside,
  asked: Omit<AskedBeside, 'left'>,
  response: ServerResponse,
): Promise<void> {
  const { request } = asked;
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  request.socket.setTimeout(0);
  const answered = await Promise.resolve(beside.answer({ ...asked, left: leaving.signal })).catch(
    (error: unknown) => {
      // Its body was cut off, or did not come in time: there is nobody to answer.
      if (request.destroyed && !request.complete) return undefined;
      throw error;
    },
  );
  if (!answered) return;
  if (!('stream' in answered)) return send(response, answered);
  response.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(': swarm\nretry: 2000\n\n');
  answered.stream(response);
}
