/** Reads failures line by line, however long the output is, with a reader for each runner and each source of lines. */
import { echoed, mayStop } from './commands.ts';
import { READERS } from './readers/all.ts';
import type { Doubt, Found, LineState, Reader, Sink } from './readers/reader.ts';
import { cutPrefix, headingOf, plainLine } from './sources.ts';

/** One failure as it was read. */
export interface Raw extends Found {
  readonly tool: string;
  /** Who printed it, with a colon; empty for the command itself. */
  readonly source: string;
}

/** The most failures that are kept; with more, `doubts` says so. */
export const RAW_MAX = 1_000;
const SHOWN_LINES = 15;
const SHOWN_WIDTH = 2_000;
/** Sources told apart; what more of them print is doubted where it tells a failure. */
const SOURCES_MAX = 100;
const COMMANDS_MAX = 100;

interface Account {
  readonly reader: Reader;
  readonly found: Raw[];
  counted: number | undefined;
}

interface Source {
  readonly states: readonly LineState[];
  readonly accounts: readonly Account[];
  /** A reader knew one of its lines: what looks like its mark is its mark. */
  isKnown: boolean;
}

export class FailureScanner {
  readonly #root: string;
  readonly #found: Raw[] = [];
  readonly #doubts = new Set<Doubt>();
  readonly #sources = new Map<string, Source>();
  readonly #commands: string[] = [];
  /** The package whose script prints now, where a heading told. */
  #heading = '';
  #isEnded = false;

  /**
   * @param root the workspace as the command saw it: left out of every path.
   * @param command what was run, where it is known: some runners end with the first failure and say so only there.
   */
  constructor(root = '', command = '') {
    this.#root = root === '' ? '' : `${root.replace(/\/$/, '')}/`;
    if (command !== '') this.#commands.push(command);
  }

  line(raw: string): void {
    // More than are kept can never be told whole.
    if (this.#found.length >= RAW_MAX) return;
    const line = plainLine(raw, this.#root);
    this.#show(line);
    const cut = cutPrefix(line);
    if (cut && this.#sources.get(cut.source)?.isKnown) this.#readFrom(cut.source, cut.rest);
    else if (!this.#readFrom(this.#heading, line) && cut && cut.rest !== '')
      this.#readFrom(cut.source, cut.rest);
  }

  /** Every failure, each as often as it was told. Nothing is read after this. */
  end(): { readonly found: readonly Raw[]; readonly doubts: ReadonlySet<Doubt> } {
    if (!this.#isEnded) this.#close();
    this.#isEnded = true;
    return { found: this.#found.filter((raw) => raw.isDropped !== true), doubts: this.#doubts };
  }

  #close(): void {
    for (const { states } of this.#sources.values()) for (const state of states) state.end?.();
    const accounts = [...this.#sources.values()].flatMap((source) => source.accounts);
    if (accounts.some((account) => !isAccounted(account))) this.#doubts.add('unread');
    const told = accounts.filter(({ found }) => found.some((raw) => raw.isDropped !== true));
    const areTests = told.every(({ found }) => found.every((raw) => raw.kind !== 'message'));
    if (this.#commands.some((command) => mayStop(command, areTests))) this.#doubts.add('stopped');
  }

  #readFrom(name: string, line: string): boolean {
    const source = this.#sourceOf(name);
    const heading = headingOf(line);
    if (heading !== undefined) {
      if (name === this.#heading) this.#heading = heading;
      return true;
    }
    const command = echoed(line);
    // One that is not looked at may be one that stops with its first failure.
    if (command !== undefined && this.#commands.length >= COMMANDS_MAX) this.#doubts.add('stopped');
    else if (command !== undefined) this.#commands.push(command);
    const isRead = source.states.some((state) => state.line(line));
    if (isRead) source.isKnown = true;
    return isRead;
  }

  #sourceOf(name: string): Source {
    const known = this.#sources.get(name);
    if (known) return known;
    const isRoom = this.#sources.size < SOURCES_MAX;
    const source = this.#open(name, isRoom);
    if (isRoom) this.#sources.set(name, source);
    return source;
  }

  /** @param isKept else nothing it tells can be joined with what it tells later. */
  #open(name: string, isKept: boolean): Source {
    const accounts = READERS.map((reader): Account => ({ reader, found: [], counted: undefined }));
    const states = accounts.map((account) => account.reader.start(this.#sinkOf(account, name, isKept)));
    return { states, accounts, isKnown: false };
  }

  #sinkOf(account: Account, name: string, isKept: boolean): Sink {
    const source = name === '' ? '' : `${name}: `;
    return {
      failed: ({ kind = 'test', ...failure }) => {
        if (!isKept) this.#doubts.add('unread');
        return this.#add(account, {
          ...failure,
          kind,
          tool: account.reader.tool,
          source,
          lines: [this.#shown],
        });
      },
      counted: (failures) => {
        account.counted = (account.counted ?? 0) + failures;
      },
      doubt: (why) => this.#doubts.add(why),
    };
  }

  #add(account: Account, raw: Raw): Raw | undefined {
    if (this.#found.length >= RAW_MAX) return undefined;
    this.#found.push(raw);
    if (this.#found.length === RAW_MAX) this.#doubts.add('unread');
    account.found.push(raw);
    return raw;
  }

  #shown = '';

  #show(line: string): void {
    this.#shown = line.slice(0, SHOWN_WIDTH);
    // The newest has the fewest lines: when it has all of its own, so have those before it.
    if ((this.#found.at(-1)?.lines.length ?? SHOWN_LINES) >= SHOWN_LINES) return;
    for (const failure of this.#found.slice(-SHOWN_LINES))
      if (failure.lines.length < SHOWN_LINES) failure.lines.push(this.#shown);
  }
}

/** The runner counted exactly as many failures as have names of their own. */
function isAccounted({ reader, found, counted }: Account): boolean {
  const told = found.filter((raw) => raw.isDropped !== true);
  if (counted === undefined) return !reader.isCounting || told.length === 0;
  const tests = told.filter((raw) => raw.kind === 'test');
  return new Set(tests.map((raw) => raw.countsAs ?? `${raw.file ?? ''}\n${raw.name}`)).size === counted;
}
