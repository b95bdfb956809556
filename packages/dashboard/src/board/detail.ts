/** What covers the panes: a text that is scrolled, broken to the width of the screen once for each width. */
import { plain } from '@swarm/core/views/words';
import { type Line, line, type Tone, wrapped } from './lines.ts';
import { helpLines } from './panes/help.ts';
import type { Text } from './ports.ts';
import type { Detail } from './ui.ts';

/** Characters of one line, lines of one text. More is read with the command. */
const LINE_MAX = 2_000;
const LINES_MAX = 20_000;

export class Opened {
  readonly detail: Detail;
  readonly title: string;
  readonly #texts: readonly string[];
  #lines: { readonly width: number; readonly lines: readonly Line[] } | undefined;

  constructor(detail: Detail, text: Text | undefined) {
    this.detail = detail;
    this.title = titleOf(detail, text);
    this.#texts = textsOf(detail, text).slice(-LINES_MAX);
  }

  lines(width: number): readonly Line[] {
    if (this.#lines?.width !== width) {
      const broken = this.#texts.flatMap((text) => {
        const tone = toneOf(this.detail, text);
        return wrapped(text, width, indentOf(this.detail)).map((one) => line(one, tone));
      });
      this.#lines = { width, lines: broken };
    }
    return this.#lines.lines;
  }
}

/** Its end stays where the end is, and nothing is shown below the last line. */
export const clampTop = (top: number, count: number, room: number): number =>
  Math.max(0, Math.min(top, count - room));

function titleOf(detail: Detail, text: Text | undefined): string {
  if (detail.kind === 'help') return 'keys';
  if (detail.kind === 'said') return 'what it said';
  const of = text?.kind === 'text' ? text.title : detail.task;
  return `${NAMES[detail.kind]} ${of}`;
}
const NAMES = { story: 'the story of', diff: 'the change of', transcript: 'the transcript of' } as const;

function textsOf(detail: Detail, text: Text | undefined): readonly string[] {
  if (detail.kind === 'help') return helpLines();
  const lines =
    detail.kind === 'said'
      ? detail.text.split('\n')
      : text?.kind === 'text'
        ? text.lines
        : (text?.text ?? '…').split('\n');
  return lines.flatMap((one) => one.split('\n')).map(kept);
}

/** What stands before its first word is kept: it says what belongs to what. */
function kept(text: string): string {
  const indent = /^[ \t]*/.exec(text)![0].replaceAll('\t', '  ').slice(0, 40);
  return indent + plain(text, LINE_MAX);
}

/** Further lines of a sentence stand under its first word. */
const indentOf = ({ kind }: Detail): number => (kind === 'story' ? 21 : kind === 'transcript' ? 10 : 0);

function toneOf({ kind }: Detail, text: string): Tone {
  if (kind === 'help') return text.startsWith(' ') ? 'plain' : 'bold';
  if (kind !== 'diff') return 'plain';
  if (/^(diff |index |--- |\+\+\+ |(new|deleted|old) |rename |similarity )/.test(text)) return 'bold';
  if (text.startsWith('@@')) return 'accent';
  return text.startsWith('+') ? 'good' : text.startsWith('-') ? 'bad' : 'plain';
}
