/**
 * Whether a connection is in the middle of a message, by its frames' headers (RFC 6455, 5.2): a message that is dripped,
 * in pieces of a frame or in fragments, holds memory for as long as its sender likes, and pings are answered meanwhile.
 */
export class MessageWatch {
  readonly #onMiddle: (isInMiddle: boolean) => void;
  /** Of a header, as far as it came. */
  readonly #header: number[] = [];
  #payloadLeft = 0;
  #isFragmented = false;
  #isInMiddle = false;

  /** @param onMiddle is told when it changes, at most once for each piece that came. */
  constructor(onMiddle: (isInMiddle: boolean) => void) {
    this.#onMiddle = onMiddle;
  }

  take(bytes: Uint8Array): void {
    let hasEnded = false;
    for (let at = 0; at < bytes.length; ) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= taken;
        at += taken;
      } else {
        this.#header.push(bytes[at]!);
        at += 1;
        this.#endHeader();
      }
      hasEnded ||= this.#isBetween;
    }
    // A message that ended here began anew what is timed.
    if (hasEnded && this.#isInMiddle) this.#tell(false);
    if (this.#isBetween === this.#isInMiddle) this.#tell(!this.#isBetween);
  }

  get #isBetween(): boolean {
    return !this.#isFragmented && this.#payloadLeft === 0 && this.#header.length === 0;
  }

  #tell(isInMiddle: boolean): void {
    this.#isInMiddle = isInMiddle;
    this.#onMiddle(isInMiddle);
  }

  #endHeader(): void {
    const [first, second] = this.#header;
    if (second === undefined) return;
    const short = second & 0x7f;
    const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskBytes = second & 0x80 ? 4 : 0;
    if (this.#header.length < 2 + sizeBytes + maskBytes) return;
    const size = this.#header.slice(2, 2 + sizeBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    this.#payloadLeft = sizeBytes === 0 ? short : size;
    // Pings between fragments end no message.
    if ((first! & 0x0f) < 8) this.#isFragmented = (first! & 0x80) === 0;
    this.#header.length = 0;
  }
}
