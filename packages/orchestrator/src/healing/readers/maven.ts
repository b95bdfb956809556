import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** Maven with Surefire or Failsafe, of several modules too. */
export const maven: Reader = { tool: 'maven', isCounting: true, start: (to) => new Maven(to) };

class Maven implements LineState {
  readonly #to: Sink;
  #module = '';
  #isOpen = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const module = /^\[INFO\] --- \S+ \(.{1,200}?\) @ (\S{1,200}) ---$/.exec(line);
    if (module) this.#module = module[1]!;
    if (module) this.#isOpen = true;
    if (/^\[\w+\] BUILD (?:FAILURE|SUCCESS)$/.test(line)) this.#isOpen = false;
    return module !== null || this.#readTest(line) || this.#readEnding(line);
  }

  end(): void {
    // It did not come to its last word.
    if (this.#isOpen) this.#to.doubt('stopped');
  }

  #readTest(line: string): boolean {
    const failed =
      line.includes('Time elapsed: ') &&
      /^(?:\[ERROR\] )?(\S.{0,1000}?) (?:--| ?)(?: ?)Time elapsed: [\d.,]+ s(?:ec)? +<<< (?:FAILURE|ERROR)!/.exec(
        line,
      );
    if (!failed || /^Tests run: /.test(failed[1]!)) return this.#readTotal(line);
    // Before Surefire 3: `adds(shop.CartTest)`.
    const name = failed[1]!.trim().replace(/^(\w+)\(([\w.$]+)\)$/, '$2.$1');
    this.#to.failed({ name, file: this.#module || undefined });
    return true;
  }

  #readTotal(line: string): boolean {
    const total =
      /^(?:\[\w+\] )?Tests run: \d+, Failures: (\d+), Errors: (\d+), Skipped: \d+(?:, Flakes: \d+)?$/.exec(
        line,
      );
    if (total) this.#to.counted(number(total[1]) + number(total[2]));
    return total !== null;
  }

  #readEnding(line: string): boolean {
    const error = /^\[ERROR\] (\S.{0,500}?\.(?:java|kt|scala)):\[\d+,\d+\] (.{1,500})$/.exec(line);
    if (error) this.#to.failed({ name: error[2]!, file: error[1], kind: 'message' });
    if (error || /^\[INFO\] \S.{0,300} SKIPPED(?: \[.*)?$/.test(line)) this.#to.doubt('stopped');
    if (
      /^\[ERROR\] .*(?:The forked VM terminated|timeout or other error in the fork|ExecutionException)/.test(
        line,
      )
    )
      this.#to.doubt('unhandled');
    return error !== null;
  }
}
