/** Writes a cassette while a run asks its models. It changes nothing of what is asked or answered. */
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@swarm/core/ports/world';
import type { EndpointConfig, Send } from '../endpoints.ts';
import { wordsOf } from '../failures.ts';
import { askedOf } from './asked.ts';
import { type Clean, cleanPieces, mapTexts } from './cleaning.ts';
import { cutTorn, gone, makeFile, reopenFile, runIn } from './file.ts';
import {
  type Answer,
  type Call,
  type Head,
  HeadSchema,
  KEPT_HEADERS,
  LINE_BYTES_MAX,
  lineText,
  PROBE,
} from './line.ts';

export interface RecorderOptions {
  readonly path: string;
  /** Takes out secrets and names places. */
  readonly clean: Clean;
  readonly clock: Clock;
  /** The file takes no more: what is asked from now on is missing in it. Is told once. */
  readonly onFault: (why: string) => void;
}

export interface Recorder {
  /** The endpoint, heard. */
  readonly over: (endpoint: EndpointConfig) => EndpointConfig;
  /** Ends when every line that is known is written. */
  close(): Promise<void>;
}

/** Errors: SW0208 when the file is there already, SW0701 when it cannot be made. */
export async function startRecorder(options: RecorderOptions, head: Head): Promise<Recorder> {
  const file = await makeFile(options.path);
  const recorder = new Recording(file, options, 0);
  await recorder.write(HeadSchema.parse(mapTexts(head, options.clean)));
  return recorder;
}

/** Goes on in the run's own file. Errors: SW0207 when that is gone, or is of another run. */
export async function resumeRecorder(options: RecorderOptions, run: string, at: string): Promise<Recorder> {
  const { path } = options;
  const file = await reopenFile(path);
  try {
    const { size } = await file.stat();
    if ((await runIn(file)) !== run) throw gone(path, `it is not the cassette of ${run}`);
    // A call has more bytes than ticks, so that the size is later than every tick before.
    const recorder = new Recording(file, options, size);
    await cutTorn(file, size);
    await recorder.write({ kind: 'resumed', at });
    return recorder;
  } catch (error) {
    await file.close();
    throw error;
  }
}

class Recording implements Recorder {
  readonly #file: FileHandle;
  readonly #options: RecorderOptions;
  #tick: number;
  #written: Promise<void> = Promise.resolve();
  #isBroken = false;

  constructor(file: FileHandle, options: RecorderOptions, tick: number) {
    this.#file = file;
    this.#options = options;
    this.#tick = tick;
  }

  readonly over = (endpoint: EndpointConfig): EndpointConfig => ({
    ...endpoint,
    send: (url, init) => this.#send(endpoint, url, init),
  });

  write(line: Parameters<typeof lineText>[0]): Promise<void> {
    const text = lineText(line);
    const bytes = Buffer.byteLength(text);
    if (bytes <= LINE_BYTES_MAX) return this.#append(text);
    this.#fail(`a call has ${bytes} bytes`);
    return this.#written;
  }

  async close(): Promise<void> {
    await this.#written;
    await this.#file.close();
  }

  #append(text: string): Promise<void> {
    this.#written = this.#written.then(async () => {
      if (this.#isBroken) return;
      await this.#file.appendFile(text).catch((error: Error) => this.#fail(error.message));
    });
    return this.#written;
  }

  #fail(why: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#options.onFault(`${this.#options.path}: ${why}`);
  }

  /** An agent's body may be nested deeper than it can be gone through. */
  #writeClean(call: Call): Promise<void> {
    try {
      return this.write(mapTexts(call, this.#options.clean) as Call);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#fail('a request is nested too deeply');
      return this.#written;
    }
  }

  async #send(endpoint: EndpointConfig, ...[url, init]: Parameters<Send>): Promise<Response> {
    const send = endpoint.send ?? fetch;
    const asked = askedOf(endpoint, url, init);
    // Whether an endpoint lives is asked anew each time.
    if (asked.who.role === PROBE) return send(url, init);
    const end = this.#begin(endpoint.name, asked);
    let response: Response;
    try {
      response = await send(url, init);
    } catch (error) {
      await end({ kind: 'failed', why: whyOf(error, init.signal) });
      throw error;
    }
    const { status } = response;
    const headers = keptOf(response.headers);
    const ended = (pieces: readonly string[], how: HowEnded): Promise<void> =>
      end({
        kind: 'answered',
        status,
        headers,
        pieces: [...cleanPieces(pieces, this.#options.clean)],
        ...how,
      });
    if (response.body === null) {
      await ended([], { end: 'whole' });
      return response;
    }
    return new Response(heard(response.body, init.signal, ended), { status, headers: response.headers });
  }

  #begin(endpoint: string, asked: Pick<Call, 'who' | 'ask'>): (answer: Answer) => Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    const from = this.#tick++;
    let isEnded = false;
    // A reader that knows the answer to be whole may leave while the end is already read.
    return async (answer) => {
      if (isEnded) return this.#written;
      isEnded = true;
      const to = this.#tick++;
      const ms = clock.monotonic() - startedAt;
      const call: Call = { kind: 'call', endpoint, from, to, ms, ...asked, answer };
      return this.#writeClean(call);
    };
  }
}

type HowEnded = Pick<Extract<Answer, { kind: 'answered' }>, 'end' | 'why'>;

/** Passes an answer on as it comes, and hears how it ends: the line is written before its reader sees the end. */
function heard(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | null | undefined,
  ended: (pieces: readonly string[], how: HowEnded) => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  return new ReadableStream({
    async pull(controller) {
      const piece = await reader.read().catch((error: unknown) => ({ error }));
      if ('error' in piece) {
        await ended(pieces, { end: 'broken', why: whyOf(piece.error, signal) });
        return controller.error(piece.error);
      }
      if (piece.done) {
        await ended(pieces, { end: 'whole' });
        return controller.close();
      }
      pieces.push(decoder.decode(piece.value, { stream: true }));
      controller.enqueue(piece.value);
    },
    async cancel(reason) {
      await ended(pieces, { end: 'left' });
      await reader.cancel(reason);
    },
  });
}

const whyOf = (error: unknown, signal: AbortSignal | null | undefined): string =>
  wordsOf(signal?.aborted ? signal.reason : error);

const keptOf = (headers: Headers): Record<string, string> =>
  Object.fromEntries(KEPT_HEADERS.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : [])));
