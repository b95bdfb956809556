/**
 * What is broadcast, by topic. The last of each topic is kept, so that who comes back and names the last one it had misses
 * nothing that is still there. A listener that takes nothing is let go of.
 */
import type { ServerResponse } from 'node:http';

const TOPICS_MAX = 200;
/** Of one topic. */
const KEPT_MAX = 200;
const KEPT_BYTES_MAX = 2 << 20;
const SUBSCRIBERS_MAX = 500;
/** Waits for one listener at most. */
const UNSENT_MAX = 4 << 20;
const HERE_MS = 15_000;

interface Message {
  readonly n: number;
  readonly text: string;
}

interface Topic {
  readonly kept: Message[];
  bytes: number;
  readonly listeners: Set<ServerResponse>;
}

export class Topics {
  readonly #topics = new Map<string, Topic>();
  /** Ids of an earlier start are not mistaken for ours. */
  readonly #start: string;
  readonly #timer: NodeJS.Timeout;
  #n = 0;
  #subscribers = 0;

  constructor(start: string) {
    this.#start = start;
    this.#timer = setInterval(() => this.#sayHere(), HERE_MS);
    this.#timer.unref();
  }

  get subscribers(): number {
    return this.#subscribers;
  }

  get isFull(): boolean {
    return this.#subscribers >= SUBSCRIBERS_MAX;
  }

  /** Returns how many hear it; undefined where there is no room for another topic. */
  say(name: string, payload: string): { readonly id: string; readonly listeners: number } | undefined {
    const topic = this.#topic(name);
    if (!topic) return undefined;
    this.#n += 1;
    const message = { n: this.#n, text: this.#textOf(this.#n, payload) };
    topic.kept.push(message);
    topic.bytes += message.text.length;
    while (topic.kept.length > KEPT_MAX || (topic.bytes > KEPT_BYTES_MAX && topic.kept.length > 1))
      topic.bytes -= topic.kept.shift()!.text.length;
    for (const listener of topic.listeners) this.#write(listener, message.text);
    return { id: this.#idOf(this.#n), listeners: topic.listeners.size };
  }

  /**
   * The response's head is sent by now.
   * @param last the id it had last; undefined: it hears what is said from now on. Returns false where there is no room for another topic.
   */
  listen(name: string, last: string | undefined, response: ServerResponse): boolean {
    const topic = this.#topic(name);
    if (!topic || this.isFull) return false;
    const had = this.#numberOf(last);
    if (had !== undefined) for (const { n, text } of topic.kept) if (n > had) this.#write(response, text);
    topic.listeners.add(response);
    this.#subscribers += 1;
    response.once('close', () => {
      topic.listeners.delete(response);
      this.#subscribers -= 1;
    });
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { listeners } of this.#topics.values())
      for (const listener of listeners) {
        listener.end();
        listener.socket?.destroySoon();
      }
  }

  /** What was not spoken of for longest, and nobody listens to, makes room. */
  #topic(name: string): Topic | undefined {
    const known = this.#topics.get(name) ?? { kept: [], bytes: 0, listeners: new Set() };
    this.#topics.delete(name);
    if (this.#topics.size >= TOPICS_MAX) {
      const idle = [...this.#topics].find(([, { listeners }]) => listeners.size === 0);
      if (!idle) return undefined;
      this.#topics.delete(idle[0]);
    }
    this.#topics.set(name, known);
    return known;
  }

  #write(listener: ServerResponse, text: string): void {
    if (listener.writableLength > UNSENT_MAX) listener.destroy();
    else listener.write(text);
  }

  #sayHere(): void {
    for (const { listeners } of this.#topics.values())
      for (const listener of listeners) this.#write(listener, ': here\n\n');
  }

  #idOf = (n: number): string => `${this.#start}-${n}`;

  /** Of another start everything that is kept is new. */
  #numberOf(last: string | undefined): number | undefined {
    if (last === undefined || last === '') return undefined;
    const [, start, n] = /^([0-9a-z]{1,20})-(\d{1,15})$/.exec(last) ?? [];
    return start === this.#start ? Number(n) : 0;
  }

  /** The default event; each line of the payload is one of the message. */
  #textOf(n: number, payload: string): string {
    const lines = payload.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    return `id: ${this.#idOf(n)}\n${lines.join('')}\n`;
  }
}
