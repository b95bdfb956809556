/** The other end: one request, one reply. */
import { connect, type Socket } from 'node:net';
import { SwarmError } from '@swarm/core/errors';
import { linesOf, TOO_LONG } from './lines.ts';
import {
  type ControlReply,
  type ControlRequest,
  REPLY_BYTES_MAX,
  REQUEST_BYTES_MAX,
  type StillAtIt,
} from './wire.ts';

/** A live run answers at once; it may wait for its disk. */
const PATIENCE_MS = 30_000;

/** Nobody listens there: no socket, one of a dead run, or another user's. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EACCES']);

/**
 * Asks the run that listens at `path`; undefined when none does.
 * @param onWaiting told every few seconds while an undo is under way, or a planner answers; how long it has taken so far, in ms.
 * Errors: SW0704 for a request that is too long, and a reply that is none or does not come.
 */
export async function askLive(
  path: string,
  request: ControlRequest,
  onWaiting: (ms: number) => void = () => undefined,
): Promise<ControlReply | undefined> {
  const line = `${JSON.stringify(request)}\n`;
  if (Buffer.byteLength(line) > REQUEST_BYTES_MAX)
    throw unusual(path, `the request is longer than ${REQUEST_BYTES_MAX} bytes`);
  const socket = connect(path);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)));
  try {
    socket.end(line);
    return await replyOf(socket, onWaiting);
  } catch (error) {
    if (NOBODY.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unusual(path, (error as Error).message);
  } finally {
    socket.destroy();
  }
}

async function replyOf(socket: Socket, onWaiting: (ms: number) => void): Promise<ControlReply> {
  for await (const line of linesOf(socket, REPLY_BYTES_MAX)) {
    if (line === TOO_LONG) throw new Error(`the reply is longer than ${REPLY_BYTES_MAX} bytes`);
    const said = JSON.parse(line) as ControlReply | StillAtIt;
    if (!('waitingMs' in said)) return readReply(said);
    onWaiting(said.waitingMs);
  }
  throw new Error('it closed the connection without a reply');
}

/** Only the shape: the other end is this program, under the same user. */
function readReply(reply: ControlReply): ControlReply {
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
