/** The two ways to a server: a process of a room, and HTTP. Both are bounded before anything is parsed. */
import type { Transport } from '@modelcontextprotocol/client';
import type { RoomProcess } from '@swarm/core/ports/running';
import type { Note } from '../drivers/session.ts';
import { type Message, wireOver } from '../wire.ts';

/** Bytes of one answer over HTTP. */
const BODY_MAX_BYTES = 4 * 1024 * 1024;

export function processTransport(process: RoomProcess, note: Note): Transport {
  const wire = wireOver(process.stdin, process.lines[Symbol.asyncIterator](), note, () => {});
  const writer = wire.writable.getWriter();
  const pump = async (): Promise<void> => {
    for await (const message of wire.readable) transport.onmessage?.(message as never);
  };
  const transport: Transport = {
    async start() {
      void pump()
        .catch((error: Error) => transport.onerror?.(error))
        .finally(() => transport.onclose?.());
    },
    send: (message) => writer.write(message as unknown as Message),
    async close() {
      process.stdin.end();
    },
  };
  return transport;
}

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** No redirect is followed, or the key would go where nobody chose; and no answer is longer than it may be. */
export const boundedFetch: Fetch = async (url, init) => {
  const response = await fetch(url, { ...init, redirect: 'error' });
  let bytes = 0;
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > BODY_MAX_BYTES)
          controller.error(new Error(`it answers with more than ${BODY_MAX_BYTES} bytes`));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  const isBare = status === 204 || status === 205 || status === 304;
  return new Response(isBare ? null : (counted ?? null), { status, statusText, headers });
};
