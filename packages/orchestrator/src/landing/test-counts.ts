/** Counts tests out of what runners print at their end. Several runs in one output are added up. */
import type { TestCounts } from '@swarm/core/model/landing';

import { type Part, SUMMARIES, type Summary } from './test-summaries.ts';

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
