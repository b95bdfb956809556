/** Lines on the terminal, by ink: it tells the terminal only what has changed. */
import { Text, useInput, usePaste } from 'ink';
import { Fragment, createElement as h, memo } from 'react';
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
  const rows = lines.map((one) => ({ text: painted(one, isColoured) }));
  return h(Fragment, null, ...rows.map((props) => h(Row, props)));
}

/** Made anew only where it says something else. */
const Row = memo(({ text }: { readonly text: string }) => h(Text, { wrap: 'truncate-end' }, text));

/** Begins and ends of the terminal's own looks (ECMA-48, SGR); all of them are ours, for text is clean by now. */
const LOOKS: Readonly<Record<Tone, readonly [on: number, off: number] | undefined>> = {
  plain: undefined,
  dim: [2, 22],
  bold: [1, 22],
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  accent: [36, 39],
  chosen: [7, 27],
};

/** One piece of text a row: that is told apart quickest. Without colours nothing but text. */
export function painted(one: Line, isColoured: boolean): string {
  const text = one.map(({ text, tone }) => {
    const looks = isColoured && text.trim() !== '' ? LOOKS[tone] : undefined;
    return looks ? `\u001b[${looks[0]}m${text}\u001b[${looks[1]}m` : text;
  });
  // A row without a character would take no room.
  return text.join('').trimEnd() || ' ';
}

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
  return [...input].flatMap((text): readonly Key[] => {
    if (text === '\r' || text === '\n') return [{ name: 'enter' }];
    return /\p{Cc}/u.test(text) ? [] : [{ text }];
  });
}
