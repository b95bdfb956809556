import { words } from './words.ts';

export const HEADING = 'Wordkit report';

export function report(text: string): string {
  return `${HEADING}\nwords: ${words(text).length}`;
}
