/** The other end: one request, one reply. */
import { connect, type Socket } from 'node:net';
import { SwarmError } from '@swarm/core';
import { type ControlReply, type ControlRequest, REPLY_BYTES_MAX, REQUEST_BYTES_MAX } from './wire.ts';

/** A live run answers at once; it may wait for its disk. */
const PATIENCE_MS = 30_000;

/** Nobody listens there: no socket, one of a dead run, or another user's. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EACCES']);

/**
 * Asks the run that listens at `path`; undefined when none does.
 * Errors: SW0704 for a request that is too long, and a reply that is none or does not come.
 */
export async function askLive(path: string, request: ControlRequest): Promise<ControlReply | undefined> {
  const line = `${JSON.stringify(request)}\n`;
  if (Buffer.byteLength(line) > REQUEST_BYTES_MAX)
    throw unusual(path, `the request is longer than ${REQUEST_BYTES_MAX} bytes`);
  const socket = connect(path);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)));
  try {
    socket.end(line);
    return readReply(await textOf(socket));
  } catch (error) {
    if (NOBODY.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unusual(path, (error as Error).message);
  } finally {
    socket.destroy();
  }
}

async function textOf(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    parts.push(chunk);
    size += chunk.length;
    if (size > REPLY_BYTES_MAX) throw new Error(`the reply is longer than ${REPLY_BYTES_MAX} bytes`);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Only the shape: the other end is this program, under the same user. */
function readReply(text: string): ControlReply {
  if (text === '') throw new Error('it closed the connection without a reply');
  const reply = JSON.parse(text) as ControlReply;
  const isReply = reply.ok === true ? Array.isArray(reply.events) && reply.state : reply.problem?.what;
  if (!isReply) throw new Error('what it said is no reply');
  return reply;
}

const unusual = (where: string, why: string): SwarmError =>
  new SwarmError({
    code: 'SW0704',
    what: 'the run cannot be asked',
    where,
    why,
    fix: 'swarm status',
  });
