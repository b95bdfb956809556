/** Finds known secrets in bytes that come in pieces, in every spelling the redactor knows. */
import type { SecretFinder } from '@swarm/core/ports/git';
import { type KnownSecret, type Pattern, patternsOf } from './forms.ts';
import { Tables } from './redact.ts';
import type { PatternTable } from './table.ts';

/** A shorter value stands in honest files by chance. */
const SECRET_CHARS_MIN = 8;

/** @returns undefined when there is nothing to look for. */
export function makeFinder(secrets: readonly KnownSecret[]): SecretFinder | undefined {
  const finder = new LearningFinder(secrets);
  return finder.isEmpty ? undefined : finder;
}

/** One that is told of more as a run goes on. */
export class LearningFinder implements SecretFinder {
  readonly #tables = new Tables();

  constructor(secrets: readonly KnownSecret[]) {
    this.learn(secrets);
  }

  get isEmpty(): boolean {
    return this.#tables.exact.longest + this.#tables.loose.longest === 0;
  }

  learn(secrets: readonly KnownSecret[]): void {
    for (const secret of secrets) this.#tables.add(patternsOf(secret, SECRET_CHARS_MIN).map(inBytes));
  }

  begin(): ReturnType<SecretFinder['begin']> {
    if (this.isEmpty) return () => undefined;
    const [plain, tight] = [searchIn(this.#tables.exact), searchIn(this.#tables.loose)];
    const unspaced = squeezing();
    return (piece) => {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      return plain(bytes.toString('latin1')) ?? tight(unspaced(bytes));
    };
  }
}

/** One character a byte. */
const inBytes = (pattern: Pattern): Pattern => ({
  ...pattern,
  text: Buffer.from(pattern.text).toString('latin1'),
});

/** What the end of a piece has of a pattern is looked at again with the next. */
function searchIn(table: PatternTable): (piece: string) => string | undefined {
  if (table.longest === 0) return () => undefined;
  let tail = '';
  return (piece) => {
    const text = tail + piece;
    const found = table.next(text, 0);
    tail = text.slice(Math.max(0, text.length - table.longest + 1));
    return found?.pattern.secret.name;
  };
}

const BACKSLASH = 0x5c;
/** What `squeeze` leaves out, byte by byte. */
const isSpace = new Uint8Array(256);
for (const mark of ' \t\n\v\f\r\0\u00a0') isSpace[mark.charCodeAt(0)] = 1;
const isSpaceLetter = new Uint8Array(256);
for (const letter of 'nrt') isSpaceLetter[letter.charCodeAt(0)] = 1;

/** As `squeeze`, which would take most of the time; backslashes at the end of a piece wait for the next. */
function squeezing(): (piece: Uint8Array) => string {
  let backslashes = 0;
  return (piece) => {
    const kept = Buffer.allocUnsafe(piece.length + backslashes);
    let length = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at]!;
      if (byte === BACKSLASH) {
        backslashes += 1;
        continue;
      }
      const isLeftOut = backslashes > 0 ? isSpaceLetter[byte] === 1 : isSpace[byte] === 1;
      if (isLeftOut) {
        backslashes = 0;
        continue;
      }
      for (; backslashes > 0; backslashes -= 1) kept[length++] = BACKSLASH;
      if (isSpace[byte] === 0) kept[length++] = byte;
    }
    return kept.toString('latin1', 0, length);
  };
}
