/** How much fits: the model's window, and what a conversation takes of it by the server's own count. */
import type { Overflow } from '@swarm/core/rules/overflow';

/** Of a model of which nothing is known. A refusal tells when it is less. */
export const WINDOW_TOKENS = 128_000;

/** English and code. What the server counted takes its place, within what any tokenizer makes of text. */
const CHARS_PER_TOKEN = 4;
const CHARS_MIN = 1;
const CHARS_MAX = 6;

/** The part of what was refused that is taken for the window, where the refusal names none. */
const REFUSED_SHARE = 0.9;
const WINDOW_MIN = 1_000;

export interface WindowKept {
  readonly tokens: number;
  readonly charsPerToken: number;
}

export class Window {
  #tokens: number;
  #charsPerToken: number;

  constructor({ tokens = WINDOW_TOKENS, charsPerToken = CHARS_PER_TOKEN }: Partial<WindowKept> = {}) {
    this.#tokens = tokens;
    this.#charsPerToken = charsPerToken;
  }

  /** What the next child of the same attempt need not learn again. */
  get kept(): WindowKept {
    return { tokens: this.#tokens, charsPerToken: this.#charsPerToken };
  }

  /** Characters that make this share of the window. */
  chars(share: number): number {
    return Math.floor(this.#tokens * this.#charsPerToken * share);
  }

  /** @param chars of everything that was sent. @param promptTokens as the server counted it; 0: it did not. */
  counted(chars: number, promptTokens: number): void {
    if (promptTokens > 0) this.#charsPerToken = clamp(chars / promptTokens, CHARS_MIN, CHARS_MAX);
  }

  /** The server took no more of a longer prompt, and said nothing. @returns whether that was news. */
  took(tokens: number): boolean {
    if (tokens >= this.#tokens) return false;
    this.#tokens = Math.max(WINDOW_MIN, tokens);
    return true;
  }

  /** A request of so many characters was too long. */
  refused(chars: number, { window, prompt, answer = 0 }: Overflow): void {
    if (prompt !== undefined) this.counted(chars, prompt);
    if (window === undefined)
      this.#tokens = Math.min(this.#tokens, (chars / this.#charsPerToken) * REFUSED_SHARE);
    else {
      // What is set aside for the answer is no room for the prompt.
      this.#tokens = answer < window ? window - answer : window;
      // It was too long, whatever we thought: a token holds less than that.
      if (prompt === undefined && chars / this.#charsPerToken < this.#tokens)
        this.#charsPerToken = clamp(chars / this.#tokens, CHARS_MIN, CHARS_MAX);
    }
    this.#tokens = Math.max(WINDOW_MIN, Math.floor(this.#tokens));
  }
}

const clamp = (n: number, least: number, most: number): number => Math.min(most, Math.max(least, n));
