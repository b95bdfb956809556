/** Answers a run's calls from a cassette. It opens no connection, and shows no key to anybody. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { Clock } from '@swarm/core/ports/world';
import { type EndpointConfig, type Send, speaks } from '../endpoints.ts';
import { askedOf } from './asked.ts';
import { type Clean, mapTexts, type Place, placed } from './cleaning.ts';
import { type Divergence, divergenceOf } from './divergence.ts';
import { type Answer, type Ask, type Call, type Head, PROBE, type Who } from './line.ts';
import { Order } from './order.ts';
import { askKey, looseKey, whoKey } from './sameness.ts';
import type { Indexed, Tape } from './tape.ts';

export interface PlayerOptions {
  readonly tape: Tape;
  /** As the recording's: what is asked now is compared clean. */
  readonly clean: Clean;
  /** What the cassette's names of places stand for here. */
  readonly places: readonly Place[];
  readonly clock: Clock;
  /** A request is answered though tools gave back something else than in the recorded run. */
  readonly onDrift: (who: Who, line: number) => void;
  /** What is asked is not what was recorded. Is told once; nothing is answered any more after it. */
  readonly onDivergence: (divergence: Divergence) => void;
}

export interface Player {
  /** The endpoint, played. */
  readonly over: (endpoint: EndpointConfig) => EndpointConfig;
  close(): Promise<void>;
}

export const startPlayer = (options: PlayerOptions): Player => new Playing(options);

/** No name that any resolver knows: RFC 6761, section 6.4. */
const NOWHERE = 'http://cassette.invalid/v1';

/** The endpoints of the recorded run, as their names are needed; nobody can be reached at their address. */
export const endpointsOnTape = (head: Head): readonly EndpointConfig[] =>
  head.endpoints.map((endpoint) => ({ ...endpoint, baseUrl: NOWHERE }));

type Found =
  | { readonly kind: 'line'; readonly indexed: Indexed }
  /** This asker's next answer may have come from another endpoint. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'none' };

class Playing implements Player {
  readonly #options: PlayerOptions;
  readonly #order: Order;
  /** What is not played yet, by who asks. */
  readonly #left = new Map<string, Indexed[]>();
  /** How many requests of each asker were answered. */
  readonly #played = new Map<string, number>();
  /** Endpoints at which an asker's present request was looked for in vain. */
  readonly #missedAt = new Map<string, Set<string>>();
  #hasDiverged = false;

  constructor(options: PlayerOptions) {
    this.#options = options;
    const { calls } = options.tape;
    this.#order = new Order(calls, options.clock);
    for (const call of calls) this.#left.set(call.whoKey, [...(this.#left.get(call.whoKey) ?? []), call]);
  }

  readonly over = ({ apiKey: _, ...endpoint }: EndpointConfig): EndpointConfig => ({
    ...endpoint,
    send: (url, init) => this.#send(endpoint, url, init),
  });

  close(): Promise<void> {
    return this.#options.tape.close();
  }

  async #send(endpoint: EndpointConfig, ...[url, init]: Parameters<Send>): Promise<Response> {
    const { who, ask } = askedOf(endpoint, url, init);
    const signal = init.signal!;
    if (who.role === PROBE) return refusal(400, 'a replay asks no endpoint');
    if (this.#hasDiverged) return never(signal);
    const asked = mapTexts(ask, this.#options.clean) as Ask;
    const found = this.#take(endpoint, who, asked);
    switch (found.kind) {
      case 'line':
        return this.#answer(found.indexed, signal);
      case 'elsewhere':
        return refusal(429, 'this was recorded at another endpoint');
      case 'none':
        return this.#stop(this.#divergence(who, asked), signal);
    }
  }

  #take(endpoint: EndpointConfig, who: Who, asked: Ask): Found {
    const asker = whoKey(who);
    const left = this.#left.get(asker) ?? [];
    const here = left.filter((one) => one.endpoint === endpoint.name);
    const readings = [asked, ...this.#options.tape.taught.readings(endpoint.name, asked)];
    const exact = new Set(readings.map(askKey));
    const loose = new Set(readings.map(looseKey));
    const indexed = here.find((one) => exact.has(one.askKey)) ?? here.find((one) => loose.has(one.looseKey));
    if (indexed) {
      if (!exact.has(indexed.askKey)) this.#options.onDrift(who, indexed.line);
      this.#missedAt.delete(asker);
      this.#played.set(asker, (this.#played.get(asker) ?? 0) + 1);
      left.splice(left.indexOf(indexed), 1);
      return { kind: 'line', indexed };
    }
    const missed = (this.#missedAt.get(asker) ?? new Set()).add(endpoint.name);
    this.#missedAt.set(asker, missed);
    const others = this.#options.tape.head.endpoints.filter(
      ({ name, dialect }) => dialect === speaks(endpoint) && !missed.has(name),
    );
    return {
      kind: others.some(({ name }) => left.some((one) => one.endpoint === name)) ? 'elsewhere' : 'none',
    };
  }

  async #answer(indexed: Indexed, signal: AbortSignal): Promise<Response> {
    const askedAt = this.#options.clock.monotonic();
    this.#order.asked(indexed);
    const call = await this.#call(indexed);
    if ('text' in call) return this.#stop(call, signal);
    const { answer } = call;
    let isTurn: Promise<void> | undefined;
    const turn = (): Promise<void> => {
      const mostMs = indexed.ms - (this.#options.clock.monotonic() - askedAt);
      isTurn ??= this.#order.turn(indexed, mostMs, signal).then(() => this.#order.ended(indexed));
      return isTurn;
    };
    if (answer.kind === 'answered') return responseOf(answer, turn, signal, this.#options.places);
    await turn();
    signal.throwIfAborted();
    throw new Error(answer.why);
  }

  /** Told as a divergence where the file is not any more what it was. */
  async #call(indexed: Indexed): Promise<Call | Divergence> {
    try {
      return await this.#options.tape.call(indexed);
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      const [{ where = '', why = '' }] = error.problems as [Problem];
      return { line: indexed.line, text: `${where}: ${why}` };
    }
  }

  /** The first one is told, and from then on nobody is answered. */
  async #stop(divergence: Divergence | Promise<Divergence>, signal: AbortSignal): Promise<Response> {
    const isFirst = !this.#hasDiverged;
    this.#hasDiverged = true;
    if (isFirst) this.#options.onDivergence(await divergence);
    return never(signal);
  }

  async #divergence(who: Who, asked: Ask): Promise<Divergence> {
    const { path, wasResumed } = this.#options.tape;
    const asker = whoKey(who);
    const answered = this.#played.get(asker) ?? 0;
    const [next] = this.#left.get(asker) ?? [];
    const call = next && (await this.#call(next));
    if (call && 'text' in call) return call;
    const recorded = call && { line: next.line, ask: call.ask };
    return divergenceOf({ path, who, answered, wasResumed, asked, ...(recorded && { recorded }) });
  }
}

/** Nobody is answered any more: the run is about to stop, and what it began ends with the signal. */
const never = (signal: AbortSignal): Promise<Response> =>
  new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });

const refusal = (status: number, message: string): Response =>
  Response.json({ error: { message } }, { status });

type Answered = Extract<Answer, { kind: 'answered' }>;

/** Answers of these have no body at all. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** @param turn resolves when the answer may end. */
async function responseOf(
  answer: Answered,
  turn: () => Promise<void>,
  signal: AbortSignal,
  places: readonly Place[],
): Promise<Response> {
  const { status, headers } = answer;
  if (!WITHOUT_BODY.has(status))
    return new Response(streamOf(answer, turn, signal, places), { status, headers });
  await turn();
  return new Response(null, { status, headers });
}

/** The pieces as they came; before the last one it waits for its turn. */
function streamOf(
  { pieces, end, why = 'the connection broke' }: Answered,
  turn: () => Promise<void>,
  signal: AbortSignal,
  places: readonly Place[],
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= pieces.length - 1) await turn();
      if (signal.aborted) return controller.error(signal.reason);
      if (at < pieces.length) return controller.enqueue(encoder.encode(placed(pieces[at++]!, places)));
      if (end !== 'broken') return controller.close();
      // An error overtakes what was not read yet; on a wire it comes after it.
      await new Promise(setImmediate);
      controller.error(new Error(why));
    },
    async cancel() {
      await turn();
    },
  });
}
