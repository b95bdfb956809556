/** Counts tests out of what runners print at their end. Several runs in one output are added up. */
import type { TestCounts } from '@swarm/core/model/landing';

type Part = Partial<TestCounts>;
interface Summary {
  readonly line: RegExp;
  readonly read: (m: RegExpMatchArray) => Part;
}

const number = (text: string | undefined): number => Math.min(Number(text ?? 0), 10_000_000);
/** The figure before or after a word in a list such as `1 failed | 5 passed (6)`; several words are added. */
const figure = (text: string, ...words: readonly string[]): number =>
  words.reduce((sum, word) => sum + number(text.match(new RegExp(`(\\d+) ${word}\\b`))?.[1]), 0);

/** A line of these is one runner's whole account, or one part of it that no other line repeats. */
const SUMMARIES: readonly Summary[] = [
  // node:test, spec and TAP: https://nodejs.org/api/test.html
  { line: /^\s*(?:ℹ|#) pass (\d+)$/, read: (m) => ({ run: number(m[1]) }) },
  {
    line: /^\s*(?:ℹ|#) (?:fail|cancelled) (\d+)$/,
    read: (m) => ({ run: number(m[1]), failed: number(m[1]) }),
  },
  { line: /^\s*(?:ℹ|#) (?:skipped|todo) (\d+)$/, read: (m) => ({ skipped: number(m[1]) }) },
  // jest and vitest
  {
    line: /^\s*Tests:? +(\d+ (?:failed|passed|skipped|todo|pending|total).*)$/,
    read: (m) => ({
      run: figure(m[1]!, 'failed', 'passed'),
      failed: figure(m[1]!, 'failed'),
      skipped: figure(m[1]!, 'skipped', 'todo', 'pending'),
    }),
  },
  // pytest, with and without -q
  {
    line: /^(?:=+ )?((?:\d+ \w+(?:, )?)+) in \d[\d.]*s/,
    read: (m) => ({
      run: figure(m[1]!, 'passed', 'failed', 'errors?'),
      failed: figure(m[1]!, 'failed', 'errors?'),
      skipped: figure(m[1]!, 'skipped', 'deselected', 'xfailed', 'xpassed'),
    }),
  },
  { line: /^(?:=+ )?no tests ran in \d/, read: () => ({ run: 0 }) },
  // cargo test
  {
    line: /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored; \d+ measured; (\d+) filtered out/,
    read: (m) => ({
      run: number(m[1]) + number(m[2]),
      failed: number(m[2]),
      skipped: number(m[3]) + number(m[4]),
    }),
  },
  // go test -v, subtests too
  { line: /^=== RUN {3}/, read: () => ({ run: 1 }) },
  { line: /^\s*--- FAIL: /, read: () => ({ failed: 1 }) },
  { line: /^\s*--- SKIP: /, read: () => ({ run: -1, skipped: 1 }) },
  { line: /^\{.*"Action":"pass".*"Test":/, read: () => ({ run: 1 }) },
  { line: /^\{.*"Action":"fail".*"Test":/, read: () => ({ run: 1, failed: 1 }) },
  { line: /^\{.*"Action":"skip".*"Test":/, read: () => ({ skipped: 1 }) },
  // mocha, and bun without the -ing
  { line: /^\s+(\d+) pass(?:ing)?(?: \(.{1,20}\))?$/, read: (m) => ({ run: number(m[1]) }) },
  { line: /^\s+(\d+) fail(?:ing)?$/, read: (m) => ({ run: number(m[1]), failed: number(m[1]) }) },
  { line: /^\s+(\d+) (?:pending|skip|todo)$/, read: (m) => ({ skipped: number(m[1]) }) },
];

/** Only where no runner gives an account of its own. */
const TAP: readonly Summary[] = [
  { line: /^(?:not )?ok(?: \d+\b| - ).*# (?:skip|todo)\b/i, read: () => ({ skipped: 1 }) },
  { line: /^ok(?: \d+\b| - )/, read: () => ({ run: 1 }) },
  { line: /^not ok(?: \d+\b| - )/, read: () => ({ run: 1, failed: 1 }) },
];

/** What `pnpm -r` and `turbo` put before a line: the package and its script. */
const PREFIX = /^@?[\w./-]{1,100}[ :][\w:.-]{1,60}: (?=.)/;
const LINE_MAX = 2_000;
const COLOURS = /\u001b\[[0-9;?]*[a-zA-Z]/g;

export class TestCounter {
  #told: TestCounts | undefined;
  #tap: TestCounts | undefined;

  line(raw: string): void {
    const line = raw.slice(0, LINE_MAX).replace(COLOURS, '').trimEnd();
    const told = partOf(SUMMARIES, line) ?? partOf(SUMMARIES, line.replace(PREFIX, ''));
    // Without -v, go names what failed and nothing else: that is no count.
    const isFirst = this.#told === undefined && told?.run === undefined;
    if (told && !isFirst) this.#told = sum(this.#told, told);
    else this.#tap = sum(this.#tap, partOf(TAP, line));
  }

  /** Undefined when no line could be read as a count. */
  get counts(): TestCounts | undefined {
    return this.#told ?? this.#tap;
  }
}

function partOf(summaries: readonly Summary[], line: string): Part | undefined {
  for (const { line: shape, read } of summaries) {
    const match = line.match(shape);
    if (match) return read(match);
  }
  return undefined;
}

function sum(counts: TestCounts | undefined, part: Part | undefined): TestCounts | undefined {
  if (!part) return counts;
  const { run, failed, skipped } = counts ?? { run: 0, failed: 0, skipped: 0 };
  return {
    run: Math.max(0, run + (part.run ?? 0)),
    failed: failed + (part.failed ?? 0),
    skipped: skipped + (part.skipped ?? 0),
  };
}
