/**
 * Byte streams over messages: an agent's connection to the gateway, carried from its host to the run's home. A piece
 * that is missing ends the stream; whoever called sees a connection that broke.
 */
import type { Socket } from 'node:net';
import { z } from 'zod';

/** Most bytes of one piece, before base64. */
const PIECE_BYTES = 48 * 1024;
/** Bytes that may be on their way without the other side having written them. */
const WINDOW_BYTES = 512 * 1024;
const STREAMS_MAX = 1_024;

const DATA = z.object({
  stream: z.string().max(120),
  seq: z.number().int(),
  bytes: z.string().max(96 * 1024),
});
const CREDIT = z.object({ stream: z.string().max(120), bytes: z.number().int().min(0).max(WINDOW_BYTES) });
const HANGUP = z.object({ stream: z.string().max(120) });

interface Pipe {
  readonly socket: Socket;
  readonly say: Say;
  sent: number;
  heard: number;
  onWay: number;
}

export type Say = (type: string, payload: Record<string, unknown>) => void;

export class Tunnels {
  readonly #pipes = new Map<string, Pipe>();

  get isFull(): boolean {
    return this.#pipes.size >= STREAMS_MAX;
  }

  open(stream: string, socket: Socket, say: Say): void {
    const pipe: Pipe = { socket, say, sent: 0, heard: 0, onWay: 0 };
    this.#pipes.set(stream, pipe);
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        pipe.onWay += piece.length;
        pipe.sent += 1;
        say('data', { stream, seq: pipe.sent, bytes: piece.toString('base64') });
      }
      if (pipe.onWay >= WINDOW_BYTES) socket.pause();
    });
    const hangUp = (): void => {
      if (!this.#pipes.delete(stream)) return;
      say('hangup', { stream });
      socket.destroy();
    };
    socket.once('error', hangUp);
    socket.once('close', hangUp);
    socket.once('end', hangUp);
  }

  /** @param mine whether whoever says it may say it of this stream. */
  hear(type: string, payload: unknown, mine: (stream: string) => boolean = () => true): boolean {
    switch (type) {
      case 'data': {
        const { stream, seq, bytes } = DATA.parse(payload);
        const pipe = mine(stream) ? this.#pipes.get(stream) : undefined;
        if (!pipe) return true;
        if (seq <= pipe.heard) return true;
        if (seq !== pipe.heard + 1) {
          this.#drop(stream);
          return true;
        }
        pipe.heard = seq;
        const piece = Buffer.from(bytes, 'base64');
        pipe.socket.write(piece, () => pipe.say('credit', { stream, bytes: piece.length }));
        return true;
      }
      case 'credit': {
        const { stream, bytes } = CREDIT.parse(payload);
        const pipe = mine(stream) ? this.#pipes.get(stream) : undefined;
        if (!pipe) return true;
        pipe.onWay = Math.max(0, pipe.onWay - bytes);
        if (pipe.onWay < WINDOW_BYTES) pipe.socket.resume();
        return true;
      }
      case 'hangup': {
        const { stream } = HANGUP.parse(payload);
        if (mine(stream)) this.#end(stream);
        return true;
      }
      default:
        return false;
    }
  }

  /** Ends those whose name begins so. */
  dropAll(prefix = ''): void {
    for (const stream of [...this.#pipes.keys()]) if (stream.startsWith(prefix)) this.#drop(stream);
  }

  #end(stream: string): void {
    const pipe = this.#pipes.get(stream);
    this.#pipes.delete(stream);
    // What was written before goes out first.
    pipe?.socket.end(() => pipe.socket.destroy());
  }

  #drop(stream: string): void {
    const pipe = this.#pipes.get(stream);
    if (!pipe) return;
    this.#pipes.delete(stream);
    pipe.say('hangup', { stream });
    pipe.socket.destroy();
  }
}
