import { type Found, type LineState, number, type Reader, type Sink } from './reader.ts';

/** TAP of any producer, subtests too: https://testanything.org/tap-version-14-specification.html */
export const tap: Reader = { tool: 'tap', isCounting: true, start: (to) => new Tap(to) };

/** Lines after a failure within which its place may be told. */
const LOCATION_LINES = 12;

interface Level {
  readonly name: string;
  failures: number;
}

class Tap implements LineState {
  readonly #to: Sink;
  readonly #levels: Level[] = [];
  #last: { readonly found: Found; left: number } | undefined;
  #isCounted = false;
  #plan: number | undefined;
  #results = 0;
  #leaves = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (this.#readPlace(line) || this.#readCounts(line)) return true;
    const subtest = /^((?: {4}){0,60})# Subtest: (.{1,1000})$/.exec(line);
    if (subtest) {
      const level = subtest[1]!.length / 4;
      this.#levels.splice(level, Number.POSITIVE_INFINITY, { name: unescaped(subtest[2]!), failures: 0 });
      return true;
    }
    return this.#readResult(line);
  }

  end(): void {
    if (this.#plan !== undefined && this.#results !== this.#plan) this.#to.doubt('stopped');
    else if (!this.#isCounted && this.#plan !== undefined) this.#to.counted(this.#leaves);
  }

  #readPlace(line: string): boolean {
    if (!this.#last) return false;
    const place = /^\s*location: '(.{1,1000}?)(?::\d+)*'$/.exec(line);
    if (place && place[1] !== this.#last.found.name) this.#last.found.file = place[1];
    // The suite failed by what is in it, which has been named.
    if (/^\s*failureType: 'subtestsFailed'$/.test(line)) this.#last.found.isDropped = true;
    if (/^\s*\.\.\.$/.test(line) || --this.#last.left <= 0) this.#last = undefined;
    return place !== null;
  }

  #readCounts(line: string): boolean {
    const count = /^# (?:fail|cancelled) +(\d+)$/.exec(line) ?? /^# \{ total: \d+, .*?fail: (\d+)/.exec(line);
    if (count) {
      this.#isCounted = true;
      this.#to.counted(number(count[1]));
      return true;
    }
    if (/^ *Bail out!/.test(line)) this.#to.doubt('stopped');
    else if (/^# .*asynchronous activity after the test ended/.test(line)) this.#to.doubt('unhandled');
    const plan = /^1\.\.(\d+)(?: |$)/.exec(line);
    if (plan) this.#plan = (this.#plan ?? 0) + number(plan[1]);
    return plan !== null;
  }

  #readResult(line: string): boolean {
    const result = /^((?: {4}){0,60})(not )?ok(?: \d+)?(?: -)?(?: (?=\S)(.{0,1000}))?$/.exec(line);
    if (!result) return false;
    const level = result[1]!.length / 4;
    if (level === 0) this.#results += 1;
    this.#last = undefined;
    const [, description, directive] = /^(.*?)(?: # (time=[\d.]+ms|(?:todo|skip)\b.*))?$/i.exec(
      result[3] ?? '',
    )!;
    const isFailure = result[2] !== undefined && !/^(?:todo|skip)/i.test(directive ?? '');
    if (isFailure) this.#fail(level, unescaped(description!.trim()));
    this.#levels.splice(level);
    return true;
  }

  #fail(level: number, description: string): void {
    const own = this.#levels[level];
    if (own?.name === description && own.failures > 0) return;
    const outer = this.#levels.slice(0, level);
    for (const above of outer) above.failures += 1;
    this.#leaves += 1;
    const name = [...outer.map((above) => above.name), description].filter((part) => part !== '').join(' > ');
    const found = this.#to.failed({ name: name || 'a test without a name' });
    if (found) this.#last = { found, left: LOCATION_LINES };
  }
}

const unescaped = (text: string): string => text.replace(/\\([#\\])/g, '$1');
