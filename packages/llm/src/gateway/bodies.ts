/** Requests of agents in memory: each bounded, and all together, from their first byte until they are answered. */

export const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
/** Of all attempts together, and of one alone: none may take the room of all. */
export const MAX_BODIES_BYTES = 64 * 1024 * 1024;
export const MAX_BODIES_OF_ONE_BYTES = 16 * 1024 * 1024;

/** Bytes that are held, against a bound. */
export interface Room {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** @param within a larger room that every byte is also taken of. */
export function createRoom(mostBytes: number, within?: Room): Room {
  let held = 0;
  return {
    take(bytes) {
      if (held + bytes > mostBytes || within?.take(bytes) === false) return false;
      held += bytes;
      return true;
    },
    give(bytes) {
      held -= bytes;
      within?.give(bytes);
    },
  };
}

export type ReadBody =
  /** `release` gives its room back; to be called once. */
  | { readonly kind: 'read'; readonly text: string; release(): void }
  | { readonly kind: 'too-large' | 'no-room' | 'broken' };

/** Takes room for each piece as it comes: an announced length is only a word. */
export async function readBody(request: Request, room: Room): Promise<ReadBody> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const stop = (kind: 'too-large' | 'no-room' | 'broken'): ReadBody => {
    room.give(bytes);
    return { kind };
  };
  if (Number(request.headers.get('content-length')) > MAX_REQUEST_BYTES) return { kind: 'too-large' };
  try {
    for await (const piece of request.body ?? []) {
      if (bytes + piece.byteLength > MAX_REQUEST_BYTES) return stop('too-large');
      if (!room.take(piece.byteLength)) return stop('no-room');
      bytes += piece.byteLength;
      pieces.push(piece);
    }
  } catch {
    return stop('broken');
  }
  return { kind: 'read', text: Buffer.concat(pieces).toString('utf8'), release: () => room.give(bytes) };
}
