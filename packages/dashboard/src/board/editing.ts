/** A line that is being typed: what stands before the cursor, and what behind it. */
import type { Key } from './keys.ts';

export interface Editing {
  readonly before: string;
  readonly after: string;
}

/** Characters of one answer: as much as a hint may have. */
const TYPED_MAX = 16_384;

export const typed = (text = ''): Editing => ({ before: text, after: '' });
export const typedText = ({ before, after }: Editing): string => before + after;

/** Undefined: the key is none of editing. What is pasted stays on one line. */
export function edited(now: Editing, key: Key): Editing | undefined {
  const { before, after } = now;
  if ('text' in key) {
    const text = key.text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').toWellFormed();
    return { before: (before + text).slice(0, TYPED_MAX), after };
  }
  switch (key.name) {
    case 'backspace':
      return { before: before.slice(0, before.length - lastOf(before).length), after };
    case 'delete':
      return { before, after: after.slice(firstOf(after).length) };
    case 'left':
      return {
        before: before.slice(0, before.length - lastOf(before).length),
        after: lastOf(before) + after,
      };
    case 'right':
      return { before: before + firstOf(after), after: after.slice(firstOf(after).length) };
    case 'home':
    case 'ctrl-a':
      return { before: '', after: before + after };
    case 'end':
    case 'ctrl-e':
      return { before: before + after, after: '' };
    case 'ctrl-u':
      return { before: '', after };
    case 'ctrl-w':
      return { before: before.replace(/\S+\s*$/u, ''), after };
    default:
      return undefined;
  }
}

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const firstOf = (text: string): string =>
  characters.segment(text)[Symbol.iterator]().next().value?.segment ?? '';
const lastOf = (text: string): string => [...characters.segment(text)].at(-1)?.segment ?? '';
