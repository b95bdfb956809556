import { KEPT_MAX, type LineState, number, type Reader, type Sink } from './reader.ts';

/** pytest's short summary. An id may hold blanks and ` - `, which also stands before the message. */
export const pytest: Reader = { tool: 'pytest', isCounting: true, start: (to) => new Pytest(to) };

class Pytest implements LineState {
  readonly #to: Sink;
  /** `TestMath.test_adds[a - b]`: how the long report heads each failure. They tell where an id ends. */
  readonly #headings = new Set<string>();

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const heading = /^_{3,} (?:ERROR (?:at setup of|at teardown of|collecting) )?(.{1,1000}?) _{3,}$/.exec(
      line,
    );
    if (heading) {
      if (this.#headings.size < KEPT_MAX) this.#headings.add(heading[1]!);
      return true;
    }
    const sub = /^SUBFAILED(\[.{0,300}?\]|\(.{0,300}?\)|<.{0,300}?>)? (\S.*)$/.exec(line);
    if (sub) return this.#fail(sub[2]!, sub[1] ? ` ${sub[1]}` : '');
    const failed = /^(FAILED|ERROR) (?!\()(\S.*)$/.exec(line);
    if (failed) return this.#fail(failed[2]!, failed[1] === 'ERROR' ? ' (error)' : '');
    return this.#readEnding(line);
  }

  #fail(rest: string, suffix: string): boolean {
    const id = this.#idOf(rest);
    // The log capture of a test prints levels the same way.
    if (!/^[^\s:[\]]{1,300}(?:\.py|::|$)/.test(id) && !id.includes('::')) return false;
    const [file = id, ...names] = id.split('::');
    if (names.length === 0) this.#to.failed({ name: `${file}${suffix}` });
    else this.#to.failed({ name: `${names.join('::')}${suffix}`, file });
    return true;
  }

  /** The id is what is before a ` - `: of several, the one a heading knows, else the first outside of brackets. */
  #idOf(rest: string): string {
    const ends = [...rest.matchAll(/ - /g)].map((match) => match.index).slice(0, 50);
    const ids = [...ends.map((end) => rest.slice(0, end)), rest];
    const headingOf = (id: string) => id.split('::').slice(1).join('.') || id;
    const known = ids.find((id) => this.#headings.has(headingOf(id)));
    return known ?? ids.find((id) => !id.includes('[') || id.endsWith(']')) ?? ids[0]!;
  }

  #readEnding(line: string): boolean {
    if (
      /^!+ (?:stopping after|Interrupted: |xdist\.dsession\.Interrupted|_pytest\.outcomes\.Exit|KeyboardInterrupt)/.test(
        line,
      )
    )
      this.#to.doubt('stopped');
    if (
      /^INTERNALERROR> |^FAIL Required test coverage of |^ERROR: Coverage failure|^\[gw\d+\] node down/.test(
        line,
      )
    )
      this.#to.doubt('unhandled');
    const summary = /^(?:=+ )?((?:\d+ \w+(?: \w+)?(?:, )?)+) in [\d.]+s/.exec(line);
    if (!summary) return false;
    const figure = (word: RegExp) => number(word.exec(summary[1]!)?.[1]);
    this.#to.counted(figure(/(\d+) failed/) + figure(/(\d+) errors?\b/));
    return true;
  }
}
