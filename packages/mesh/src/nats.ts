/**
 * The wire over NATS: core messages for what is said again anyway, a durable queue for each host, an object store for
 * what is too large. All of the server's memory may be lost at any time: streams are made anew when they are missed.
 */
import { AckPolicy, type Consumer, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { SwarmError } from '@swarm/core/errors';
import { bucketOf, STREAM } from './nats-config.ts';
import { type NatsAsk, openConnection, pause } from './nats-connect.ts';
import { Parcels } from './parcels.ts';
import { PARCEL_BYTES_MAX, SUBJECTS, type Wire } from './wire.ts';

export { HOME_RIGHTS, hostRights, type ServerConfig, serverConfig, withKeyOf } from './nats-config.ts';
export { type NatsAsk, newIdentity } from './nats-connect.ts';

export interface NatsWire {
  readonly wire: Wire;
  readonly isConnected: () => boolean;
  close(): Promise<void>;
}

const MINUTE_NS = 60_000_000_000;
const PULL_MS = 5_000;
const AGAIN_MS = 1_000;
/** How often home looks whether the streams are still there. */
const TEND_MS = 2_000;
/** How long putting something aside is tried while the store is away. */
const PUT_TRIES = 10;

/** Errors: SW0742 when the server does not answer or refuses who we are, SW0105 when the credentials cannot be read. */
export async function connectNats(ask: NatsAsk): Promise<NatsWire> {
  const connection = await openConnection(ask);
  let isConnected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' && isConnected) {
        isConnected = false;
        ask.onState?.('lost', 'the message server is away');
      } else if (type === 'reconnect') {
        isConnected = true;
        ask.onState?.('again', 'the message server is there again');
      }
    }
  })().catch(() => undefined);
  const over = new NatsOverWire(connection, ask);
  return { wire: over, isConnected: () => isConnected && !connection.isClosed(), close: () => over.close() };
}

class NatsOverWire implements Wire {
  readonly #connection: NatsConnection;
  readonly #name: string;
  readonly #onState: NatsAsk['onState'];
  readonly #parcels: Parcels;
  readonly #ready = new Map<string, Promise<void>>();
  readonly #known = new Set<string>();
  readonly #tending: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(connection: NatsConnection, { name, onState }: Pick<NatsAsk, 'name' | 'onState'>) {
    this.#connection = connection;
    this.#parcels = new Parcels(connection);
    this.#name = name;
    this.#onState = onState;
    if (name === 'home') this.#tending = setInterval(() => void this.#tend(), TEND_MS).unref();
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#connection.publish(subject, bytes);
    } catch {
      // Closed, or too large for this server: whoever waits for an answer says it again, and hears of nothing.
    }
  }

  subscribe(subject: string, hear: (subject: string, bytes: Uint8Array) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (!error) hear(message.subject, message.data);
      },
    });
    return () => subscription.unsubscribe();
  }

  dispatch(host: string, id: string, bytes: Uint8Array): void {
    void this.#dispatch(host, id, bytes).catch((error: Error) => {
      // Without streams it goes as everything else goes, and a host that does not hear it is asked again.
      const why = error.message.slice(0, 200);
      this.#onState?.(
        'unqueued',
        `the queue of ${host} cannot be used, and what it is to do is sent as it is: ${why}`,
      );
      this.#ready.delete(host);
      this.publish(SUBJECTS.to(host), bytes);
    });
  }

  async #dispatch(host: string, id: string, bytes: Uint8Array): Promise<void> {
    await this.#ensure(host);
    const streams = jetstream(this.#connection);
    const send = () => streams.publish(SUBJECTS.work(host), bytes, { msgID: id, timeout: 2_000 });
    try {
      await send();
    } catch {
      // The stream is gone: it is made anew, and knows nothing of what it held.
      this.#ready.delete(host);
      await this.#ensure(host);
      await send();
    }
  }

  receive(host: string, hear: (bytes: Uint8Array) => void): () => void {
    let isOver = false;
    void this.#pull(host, hear, () => isOver);
    return () => {
      isOver = true;
    };
  }

  /** Home makes the queue; until it is there, and when it is gone, it is looked for again. */
  async #pull(host: string, hear: (bytes: Uint8Array) => void, isOver: () => boolean): Promise<void> {
    const streams = jetstream(this.#connection);
    let consumer: Consumer | undefined;
    while (!isOver() && !this.#isClosed) {
      try {
        consumer ??= await streams.consumers.get(STREAM, host);
        for await (const message of await consumer.fetch({ max_messages: 16, expires: PULL_MS })) {
          message.ack();
          hear(message.data);
        }
      } catch {
        consumer = undefined;
        if (!isOver() && !this.#isClosed) await pause(AGAIN_MS);
      }
    }
  }

  async put(host: string, bytes: Uint8Array): Promise<string> {
    if (bytes.length > PARCEL_BYTES_MAX)
      throw new SwarmError({
        code: 'SW0741',
        what: `${bytes.length} bytes are too many for one message; ${PARCEL_BYTES_MAX} are the most`,
      });
    const name = crypto.randomUUID();
    for (let n = 1; ; n++) {
      try {
        if (this.#name === 'home') await this.#ensure(host);
        const store = await this.#store(host);
        await store.putBlob({ name }, bytes);
        return name;
      } catch (cause) {
        this.#ready.delete(host);
        if (n < PUT_TRIES && !this.#isClosed) await pause(AGAIN_MS);
        else
          throw new SwarmError(
            { code: 'SW0741', what: `nothing can be put aside for ${host}: ${(cause as Error).message}` },
            { cause },
          );
      }
    }
  }

  get(host: string, name: string): Promise<Uint8Array> {
    return this.#parcels.get(host, name);
  }

  drop(host: string, name: string): void {
    void this.#store(host)
      .then((store) => store.delete(name))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    // What was said last goes out first.
    await this.#connection.flush().catch(() => undefined);
    this.#isClosed = true;
    clearInterval(this.#tending);
    await this.#connection.close();
  }

  /** Hosts may not make anew what is lost: home looks after it. */
  async #tend(): Promise<void> {
    if (this.#known.size === 0 || this.#isClosed) return;
    try {
      const manager = await jetstreamManager(this.#connection, { checkAPI: false });
      await manager.streams.info(STREAM);
    } catch {
      this.#ready.clear();
      for (const host of this.#known) await this.#ensure(host).catch(() => undefined);
    }
  }

  #store(host: string) {
    return new Objm(this.#connection).open(bucketOf(host));
  }

  /** The host's queue and its box, made where they are not there. */
  #ensure(host: string): Promise<void> {
    const known = this.#ready.get(host);
    if (known) return known;
    const made = this.#make(host);
    this.#ready.set(host, made);
    this.#known.add(host);
    made.catch(() => this.#ready.delete(host));
    return made;
  }

  async #make(host: string): Promise<void> {
    const manager = await jetstreamManager(this.#connection, { checkAPI: false });
    const stream = {
      name: STREAM,
      subjects: [SUBJECTS.work('*')],
      retention: RetentionPolicy.Workqueue,
      max_age: 60 * MINUTE_NS,
      max_msgs_per_subject: 10_000,
      duplicate_window: 2 * MINUTE_NS,
    };
    await manager.streams.info(STREAM).catch(() => manager.streams.add(stream));
    await manager.consumers.add(STREAM, {
      durable_name: host,
      filter_subject: SUBJECTS.work(host),
      ack_policy: AckPolicy.Explicit,
      ack_wait: MINUTE_NS / 2,
    });
    await new Objm(this.#connection).create(bucketOf(host), { ttl: 60 * MINUTE_NS });
  }
}
