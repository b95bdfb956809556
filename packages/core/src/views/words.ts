/** How views say times, amounts and other people's words. What agents and plans wrote is data: made plain first. */

/** Colours and moves of a terminal, as programs print them: taken out whole, or their ends would stay behind. */
const ANSI = /\u001b\[[0-?]*[ -/]*[@-~]/g;
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** Foreign text on one line: nothing that moves a cursor, hides or reorders; cut after `max` characters. */
export function plain(text: string, max = 300): string {
  const line = text
    .slice(0, max * 4)
    .replaceAll(ANSI, '')
    .replaceAll(UNSEEN, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .toWellFormed();
  return line.length > max ? `${line.slice(0, max - 1).toWellFormed()}…` : line;
}

/** Foreign text of several lines: each is plain, and no more than one is empty between two others. */
export const plainLines = (text: string, max: number): readonly string[] =>
  text
    .slice(0, max)
    .split(/\r?\n/)
    .map((line) => plain(line, max))
    .filter((line, i, all) => line !== '' || (i > 0 && all[i - 1] !== '' && i < all.length - 1));

/** Plain text that stays text in Markdown and in the HTML made of it, in a table cell too. */
export const markdownText = (text: string, max = 300): string => escapedMarkdown(plain(text, max));

/** The same of text that is plain already. */
export const escapedMarkdown = (line: string): string =>
  line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~:@]/g, (c) => `\\${c}`);

/** A name as code, where it can be: escaped it could not be copied. A reference may hold a backtick. */
export const codeText = (text: string): string =>
  text.includes('`') ? markdownText(text) : `\`${plain(text, 300)}\``;

/** `2026-11-21 10:02:03`, in UTC. */
export const clockText = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');

/** Of one step: `3.4 s`. */
export const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `850ms`, `12s`, `3m 4s`, `2h 5m`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  return `${Math.floor(s / 3_600)}h ${Math.floor((s % 3_600) / 60)}m`;
}

/** `1 task`, `2 tasks`, `12,000 tokens`. */
export const countText = (n: number, noun: string): string => `${groupText(n)} ${noun}${n === 1 ? '' : 's'}`;
export const groupText = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** Money with its doubt: a lower bound where some call had no price, and no figure where none had one. */
export const costText = (usd: number, isPriced: boolean): string =>
  !isPriced && usd === 0 ? 'price unknown' : `${isPriced ? '' : 'at least '}$${usd.toFixed(usd < 1 ? 4 : 2)}`;

export const shortCommit = (commit: string): string => commit.slice(0, 10);

/** The name of a failure without any output. */
const SAID_NOTHING = 'output no output';

/** Failures by name: the first few, and how many more. They were read from output, which others wrote. */
export function signaturesText(signatures: readonly string[], most = 3): string {
  const more = signatures.length > most ? ` and ${signatures.length - most} more` : '';
  return `${signatures
    .slice(0, most)
    .map((one) => (one === SAID_NOTHING ? 'it printed nothing' : plain(one, 120)))
    .join('; ')}${more}`;
}

/** Those parts that say something, each on a line of its own. Where they are told in one line, a stop stands between them. */
export function lines(...parts: readonly (string | false | undefined)[]): string {
  const said = parts.flatMap((part) => (part ? [part] : []));
  return said
    .map((part, at) => (at < said.length - 1 ? part.replace(/([\w`'")\]])$/, '$1.') : part))
    .join('\n');
}
