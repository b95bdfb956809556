import { StringDecoder } from 'node:string_decoder';

/** Bytes of the beginning and of the end that are kept: what started, and what it died of. */
const HEAD_BYTES = 16 * 1024;
const TAIL_BYTES = 48 * 1024;
/** Bytes of one line that are passed on, where the command says nothing else; the rest of that line is dropped. */
const LINE_BYTES = 64 * 1024;

export type StreamName = 'stdout' | 'stderr';
export type OnLine = (stream: StreamName, line: string) => void;

/**
 * Takes what a process prints, in whatever pieces it comes, and gives whole lines at once and the beginning
 * and the end for later. Memory is bounded however much is printed. Bytes that are not UTF-8 become U+FFFD.
 */
export class Output {
  readonly #streams: Readonly<Record<StreamName, { readonly decoder: StringDecoder; readonly lines: Lines }>>;
  readonly #ends = new Ends();

  constructor(onLine: OnLine = () => {}, lineBytes = LINE_BYTES) {
    const open = (name: StreamName) => ({
      decoder: new StringDecoder('utf8'),
      lines: new Lines((line) => onLine(name, line), lineBytes),
    });
    this.#streams = { stdout: open('stdout'), stderr: open('stderr') };
  }

  add(name: StreamName, chunk: Buffer): void {
    const stream = this.#streams[name];
    this.#take(name, stream.decoder.write(chunk));
  }

  /** No more will come: a last line without a newline is a line too. */
  end(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      this.#take(name, this.#streams[name].decoder.end());
      this.#streams[name].lines.end();
    }
  }

  text(): string {
    return this.#ends.text();
  }

  #take(name: StreamName, text: string): void {
    if (text === '') return;
    this.#ends.add(Buffer.from(text));
    this.#streams[name].lines.add(text);
  }
}

/** Cuts text into lines; holds at most one capped line. */
class Lines {
  readonly #emit: (line: string) => void;
  readonly #maxBytes: number;
  #pending = '';

  constructor(emit: (line: string) => void, maxBytes: number) {
    this.#emit = emit;
    this.#maxBytes = maxBytes;
  }

  add(text: string): void {
    const parts = text.split('\n');
    for (const part of parts.slice(0, -1)) {
      this.#hold(part);
      this.#flush();
    }
    this.#hold(parts.at(-1)!);
  }

  end(): void {
    if (this.#pending !== '') this.#flush();
  }

  #hold(part: string): void {
    // A character is at least a byte, so more characters than this can never be passed on.
    if (this.#pending.length <= this.#maxBytes) this.#pending += part.slice(0, this.#maxBytes + 1);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.replace(/\r$/, ''));
    this.#pending = '';
    this.#emit(
      bytes.length <= this.#maxBytes ? bytes.toString() : wholeStart(bytes.subarray(0, this.#maxBytes)),
    );
  }
}

/** The first HEAD_BYTES and the last TAIL_BYTES of a stream. */
class Ends {
  #head = Buffer.alloc(0);
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #leftOut = 0;

  add(chunk: Buffer): void {
    const room = HEAD_BYTES - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
    if (chunk.length <= room) return;
    this.#tail.push(chunk.subarray(Math.max(room, 0)));
    this.#tailBytes += this.#tail.at(-1)!.length;
    while (this.#tailBytes - this.#tail[0]!.length >= TAIL_BYTES) this.#drop();
  }

  text(): string {
    const tail = Buffer.concat(this.#tail);
    const spare = Math.max(tail.length - TAIL_BYTES, 0);
    const leftOut = this.#leftOut + spare;
    if (leftOut === 0) return Buffer.concat([this.#head, tail]).toString();
    const gap = `\n[… ${leftOut} bytes left out …]\n`;
    return wholeStart(this.#head) + gap + wholeEnd(tail.subarray(spare));
  }

  #drop(): void {
    const gone = this.#tail.shift()!.length;
    this.#tailBytes -= gone;
    this.#leftOut += gone;
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Decodes without the character a cut left half of at the end. */
function wholeStart(bytes: Buffer): string {
  return new StringDecoder('utf8').write(bytes);
}

/** Decodes without the character a cut left half of at the beginning. */
function wholeEnd(bytes: Buffer): string {
  let from = 0;
  while (from < 3 && isContinuation(bytes[from])) from += 1;
  return bytes.subarray(from).toString();
}
