/**
 * Other people's words on a forge, where text does things: `@name` calls somebody, `#12` and an address leave a note on what
 * they name, `Fixes #12` closes it, a line that begins with `/` is a command to GitLab and to bots, `[skip ci]` keeps checks
 * away. Such words stay readable and do nothing: something that nobody sees stands where the forge would begin to read.
 */
import { escapedMarkdown, plain } from '../views/words.ts';

/** Breaks a word without a trace on the page. Forges’ own bots use it for the same. */
const UNSEEN = '\u200b';

/** One line of text that does nothing. */
export const harmless = (text: string, max = 300): string => defused(plain(text, max));

/** The same in Markdown. */
export const harmlessMarkdown = (text: string, max = 300): string => escapedMarkdown(harmless(text, max));

function defused(line: string): string {
  return (
    line
      // Whom it calls, and what it refers to: issues, merge requests, milestones, labels, epics, snippets, alerts.
      .replaceAll(/[@#!%~&$^](?=[\w"[{-])/g, (sign) => `${sign}${UNSEEN}`)
      .replaceAll(/\b(GH|gh)-(?=\d)/g, (words) => `${words}${UNSEEN}`)
      .replaceAll(/:\/\//g, `:${UNSEEN}//`)
      .replaceAll(/\bwww\./gi, (words) => `${words.slice(0, -1)}${UNSEEN}.`)
      .replaceAll(/(^|\s)\/(?=[a-z])/gi, (words) => `${words}${UNSEEN}`)
      .replaceAll(/\[(?=(?:skip|ci|no|actions)\b)/gi, `[${UNSEEN}`)
  );
}

/**
 * A commit's subject is read by a forge too, and stays in history for ever: there the words themselves are others. Nothing of
 * a task closes an issue or keeps checks away.
 */
export const tamedSubject = (subject: string): string =>
  subject
    .replaceAll(
      /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?|implement(?:s|ed)?)(:?\s+)(?=(?:[\w.-]+\/[\w.-]+)?#\d|GH-\d|https?:\/\/\S+\/(?:issues|pull|merge_requests)\/\d)/gi,
      '$1$2issue ',
    )
    .replaceAll(/\[((?:skip|no)\s+ci|ci\s+skip|skip\s+actions|actions\s+skip)\]/gi, '($1)')
    .replaceAll(/\*\*\*NO_CI\*\*\*/g, 'NO_CI');
