/**
 * The live run's end of the control socket. Whoever can open the socket file is the operator: it is 0600 in a folder
 * of 0700, and sandboxes show neither. Everything that arrives is bounded before it is read.
 */

import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Decision } from '@swarm/core/decide';
import { SwarmError } from '@swarm/core/errors';
import { isOpened } from '@swarm/core/state';
import { shellWord } from '../telling/shell.ts';
import { Listeners } from './entries.ts';
import { linesOf, TOO_LONG } from './lines.ts';
import { proposalReply } from './proposing.ts';
import { problemOf, refused } from './refused.ts';
import type { Steered } from './steered.ts';
import { Undoing } from './undoing.ts';
import { type ControlReply, REQUEST_BYTES_MAX, readRequest, type StillAtIt, standingOf } from './wire.ts';

export const CONNECTIONS_MAX = 64;
/** A connection that says nothing for so long is closed. */
const IDLE_MS = 30_000;
/** What is left to say when the run ends is read within this time, or not at all. */
const LAST_WORDS_MS = 1_000;
/** Requests answered within one second on one connection; each of the others is still answered. */
export const REQUESTS_A_SECOND_MAX = 200;

export interface Control {
  /** Stops listening, takes the socket away and lets replies under way be read. */
  close(): Promise<void>;
}

/**
 * Listens at `path`. The caller holds the repository's lock: a socket that lies there is one of a dead run.
 * Errors: SW0701 where something else lies there, or nothing can be made.
 */
export async function listen(path: string, steered: Steered): Promise<Control> {
  await removeStale(path);
  const sockets = new Set<Socket>();
  const undoing = new Undoing(steered);
  const listeners = new Listeners(steered);
  // Half open: who sends a line and closes its side still gets the reply.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void serve(socket, { ...steered, undoing, listeners });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await opened(server, path);
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        const late = setTimeout(() => sockets.forEach((socket) => void socket.destroy()), LAST_WORDS_MS);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        for (const socket of sockets) socket.destroySoon();
      }),
  };
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (found.isSocket()) return rm(path, { force: true });
  throw new SwarmError({
    code: 'SW0701',
    what: `something that is no socket lies where the control socket goes: ${path}`,
    where: path,
    fix: `ls -l ${shellWord(path)}; rm -r ${shellWord(path)}`,
  });
}

function opened(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new SwarmError(
          { code: 'SW0701', what: `the control socket cannot be made: ${cause.message}`, where: path },
          { cause },
        ),
      ),
    );
    server.listen(path, resolve);
  });
}

// ───────────────────────── one connection ─────────────────────────

/** The run, and what outlasts one request to it. */
type Answering = Steered & { readonly undoing: Undoing; readonly listeners: Listeners };

/** Requests are answered one after another; a peer that is gone, or goes on too long, is let go of. */
async function serve(socket: Socket, steered: Answering): Promise<void> {
  const throttle = new Throttle();
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  try {
    for await (const line of linesOf(socket, REQUEST_BYTES_MAX)) {
      if (line === '') continue;
      const reply = await replyTo(line, steered, throttle, socket);
      if (!reply) break;
      socket.write(`${JSON.stringify(reply)}\n`);
    }
    socket.end();
  } catch {
    socket.destroy();
  }
}

/** Undefined: all that was to say was said. */
async function replyTo(
  line: string,
  steered: Answering,
  throttle: Throttle,
  socket: Socket,
): Promise<ControlReply | undefined> {
  const say = (said: StillAtIt): boolean => socket.write(`${JSON.stringify(said)}\n`);
  if (line === TOO_LONG)
    return refused(`the request is longer than ${REQUEST_BYTES_MAX} bytes`, 'send less at once');
  if (!throttle.take())
    return refused(`more than ${REQUESTS_A_SECOND_MAX} requests in a second`, 'ask again later');
  const reading = readRequest(line);
  if (!reading.ok) return reading;
  const { request } = reading;
  if (request.run !== undefined && request.run !== steered.run)
    return refused(`this is ${steered.run}, not the run asked for`, `--run ${steered.run}`);
  const state = steered.state();
  if (!isOpened(state)) return refused('the run is still being opened', 'ask again in a moment');
  if ('from' in request) return steered.listeners.tell(socket, request.from);
  if ('undo' in request) return steered.undoing.reply(request.undo, say);
  if ('propose' in request) return proposalReply(request.propose.text, steered, say);
  let events: Decision['events'] = [];
  if ('command' in request) {
    const answer = await steered.ask(request.command);
    if (answer.kind === 'refusal') return { ok: false, problem: problemOf(answer, request.command, state) };
    events = answer.events;
  }
  const about = { pid: process.pid, isStopping: steered.isStopping() };
  const hosts = steered.workers?.();
  return { ok: true, events, state: { ...standingOf(state, about), ...(hosts && { hosts }) } };
}

/** So many in each second of the machine's clock. */
class Throttle {
  #second = 0;
  #taken = 0;

  take(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) [this.#second, this.#taken] = [second, 0];
    this.#taken += 1;
    return this.#taken <= REQUESTS_A_SECOND_MAX;
  }
}
