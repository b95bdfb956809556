import { type Found, KEPT_MAX, type LineState, number, type Reader, type Sink } from './reader.ts';

/**
 * node:test's spec and dot reporters. The body names suites by their indentation, the list at the end names files:
 * both give the failures in one order, and together the full name. The dot reporter gives neither file nor count.
 */
export const nodeTest: Reader = { tool: 'node:test', isCounting: true, start: (to) => new Spec(to) };

class Spec implements LineState {
  readonly #to: Sink;
  readonly #open: string[] = [];
  /** Failures of the body that the list at the end has not named yet. */
  #body: { readonly leaf: string; readonly found: Found }[] = [];
  #isList = false;
  #file: string | undefined;
  #counted = 0;
  #listed = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const sum = /^\s*ℹ (fail|cancelled) (\d+)$/.exec(line);
    if (sum) {
      // A new run in the same output begins with its own body.
      if (sum[1] === 'fail') this.#isList = false;
      this.#counted += number(sum[2]);
      this.#to.counted(number(sum[2]));
      return true;
    }
    if (
      /^\s*ℹ .*(?:asynchronous activity after the test ended|unhandledRejection|uncaughtException)/.test(line)
    ) {
      this.#to.doubt('unhandled');
      return true;
    }
    if (/^(?:✖ failing tests:|Failed tests:)$/.test(line)) return this.#beginList();
    const at = /^\s*test at (\S.{0,300}?):\d+:\d+$/.exec(line);
    if (at) this.#file = at[1];
    return at !== null || this.#readTitle(line);
  }

  end(): void {
    if (this.#isList) this.#dropRest();
    // The list, which names the files, comes after the count.
    if (this.#listed < this.#counted) this.#to.doubt('unread');
  }

  #beginList(): boolean {
    this.#isList = true;
    return true;
  }

  /** What the list at the end does not name failed only by what is in it. */
  #dropRest(): void {
    for (const { found } of this.#body) found.isDropped = true;
    this.#body = [];
  }

  #readTitle(line: string): boolean {
    const opened = /^( *)▶ (.{1,1000})$/.exec(line);
    if (opened) {
      if (this.#isList) this.#endList();
      this.#open.splice(opened[1]!.length / 2, Number.POSITIVE_INFINITY, opened[2]!);
      return true;
    }
    const failed = /^( *)✖ (.{1,1000}?)(?: \(\d[\d.]*m?s\))?$/.exec(line);
    if (!failed || /^\d+ problems? \(/.test(failed[2]!)) return false;
    if (/ # (?:TODO|SKIP)\b/.test(failed[2]!)) return true;
    if (this.#isList) this.#readListed(failed[2]!);
    else this.#readBody(failed[1]!.length / 2, failed[2]!);
    return true;
  }

  #endList(): void {
    this.#dropRest();
    this.#isList = false;
  }

  #readBody(depth: number, leaf: string): void {
    const isParent = this.#open[depth] === leaf;
    const name = [...this.#open.slice(0, depth), leaf].join(' > ');
    this.#open.splice(depth);
    const found = this.#to.failed({ name });
    if (!found) return;
    if (isParent) found.isDropped = true;
    if (this.#body.length < KEPT_MAX) this.#body.push({ leaf, found });
  }

  #readListed(leaf: string): void {
    this.#listed += 1;
    const at = this.#body.findIndex((entry) => entry.leaf === leaf);
    const found = at < 0 ? this.#to.failed({ name: leaf }) : this.#body.splice(at, 1)[0]!.found;
    if (found) {
      found.isDropped = false;
      if (this.#file !== found.name) found.file = this.#file;
    }
    this.#file = undefined;
  }
}
