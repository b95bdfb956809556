/**
 * Reads what was put aside in a host's box. The host writes the box itself, so nothing in it is believed: no link is
 * followed, what comes is counted while it comes, and of one host one parcel is read at a time.
 */
import { createHash } from 'node:crypto';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { bucketOf } from './nats-config.ts';
import { Turns } from './turns.ts';
import { PARCEL_BYTES_MAX } from './wire.ts';

/** Pieces asked for at a time. */
const PIECES = 64;
/** How long the next piece is waited for. */
const STALL_MS = 10_000;
const NS = 1_000_000;

export class Parcels {
  readonly #connection: NatsConnection;
  readonly #stallMs: number;
  readonly #turns = new Turns();

  constructor(connection: NatsConnection, stallMs = STALL_MS) {
    this.#connection = connection;
    this.#stallMs = stallMs;
  }

  get(host: string, name: string): Promise<Uint8Array> {
    return this.#turns.take(host, () => this.#read(host, name));
  }

  async #read(host: string, name: string): Promise<Uint8Array> {
    const store = await new Objm(this.#connection).open(bucketOf(host));
    const info = await store.info(name);
    if (!info || info.deleted) throw new Error(`there is nothing of the name ${name.slice(0, 80)}`);
    if (info.options?.link) throw new Error(`${name.slice(0, 80)} is a link, and none is followed`);
    const { size, nuid, digest } = info;
    if (!Number.isSafeInteger(size) || size < 0) throw new Error('its size is none');
    if (size > PARCEL_BYTES_MAX)
      throw new Error(`${size} bytes are too many: ${PARCEL_BYTES_MAX} are the most`);
    if (typeof nuid !== 'string' || !/^[A-Za-z0-9]{1,64}$/.test(nuid)) throw new Error('its name is none');
    const bytes = size === 0 ? Buffer.alloc(0) : await this.#pieces(host, nuid, size);
    const is = `SHA-256=${createHash('sha256').update(bytes).digest('base64url')}`;
    if (String(digest).replace(/=+$/, '') !== is) throw new Error('it is not what its digest says');
    return bytes;
  }

  async #pieces(host: string, nuid: string, size: number): Promise<Buffer> {
    const bucket = bucketOf(host);
    const stream = `OBJ_${bucket}`;
    const manager = await jetstreamManager(this.#connection, { checkAPI: false });
    const { name } = await manager.consumers.add(stream, {
      filter_subject: `$O.${bucket}.C.${nuid}`,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: 3 * this.#stallMs * NS,
    });
    const consumer = await jetstream(this.#connection).consumers.get(stream, name);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    try {
      while (bytes < size) {
        let came = 0;
        for await (const { data } of await consumer.fetch({ max_messages: PIECES, expires: this.#stallMs })) {
          came += data.length;
          bytes += data.length;
          if (bytes > size) throw new Error(`more comes than the ${size} bytes it said`);
          pieces.push(data);
          if (bytes === size) break;
        }
        if (came === 0) throw new Error(`${bytes} of its ${size} bytes came, and no more`);
      }
    } finally {
      await manager.consumers.delete(stream, name).catch(() => undefined);
    }
    return Buffer.concat(pieces, bytes);
  }
}
