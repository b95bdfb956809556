/** Lines on the terminal, by ink: it tells the terminal only what has changed. */
import { Text, useInput, usePaste } from 'ink';
import { createElement as h, memo } from 'react';
import type { Key, KeyName } from './keys.ts';
import type { Line, Tone } from './lines.ts';

export interface FrameProps {
  readonly lines: readonly Line[];
  readonly isColoured: boolean;
  readonly onKey: (key: Key) => void;
}

export function Frame({ lines, isColoured, onKey }: FrameProps) {
  useInput((input, key) => {
    for (const one of keysOf(input, key)) onKey(one);
  });
  usePaste((text) => onKey({ text, isPasted: true }));
  return lines.map((one, i) => h(Row, { key: i, one, isColoured }));
}

interface RowProps {
  readonly one: Line;
  readonly isColoured: boolean;
}

/** Made anew only where it says something else. */
const Row = memo(
  ({ one, isColoured }: RowProps) =>
    h(
      Text,
      { wrap: 'truncate-end' },
      // A row without a character would take no room.
      one.length === 0
        ? ' '
        : one.map(({ text, tone }, i) => h(Text, { key: i, ...looks(tone, isColoured) }, text)),
    ),
  (before, after) =>
    before.isColoured === after.isColoured &&
    before.one.length === after.one.length &&
    before.one.every(({ text, tone }, i) => text === after.one[i]!.text && tone === after.one[i]!.tone),
);

const LOOKS = {
  plain: {},
  dim: { dimColor: true },
  bold: { bold: true },
  good: { color: 'green' },
  bad: { color: 'red' },
  warn: { color: 'yellow' },
  accent: { color: 'cyan' },
  chosen: { inverse: true },
} as const satisfies Record<Tone, object>;

/** Without colours nothing but plain text, the typing cursor aside. */
const looks = (tone: Tone, isColoured: boolean): object => (isColoured ? LOOKS[tone] : {});

// ───────────── keys ─────────────

type InkKey = Parameters<Parameters<typeof useInput>[0]>[1];

const NAMED: readonly (readonly [keyof InkKey, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];
const CONTROLS: ReadonlySet<string> = new Set(['a', 'c', 'e', 'l', 'u', 'w']);

/** Keys that were pressed quickly come together; each counts. What is not known is none. */
export function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.tab) return [{ name: key.shift ? 'back-tab' : 'tab' }];
  const named = NAMED.find(([flag]) => key[flag]);
  if (named) return [{ name: named[1] }];
  if (key.ctrl) return CONTROLS.has(input) ? [{ name: `ctrl-${input}` as KeyName }] : [];
  if (key.meta) return [];
  return [...input].filter((one) => !/\p{Cc}/u.test(one)).map((text) => ({ text }));
}
