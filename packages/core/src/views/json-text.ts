/** Text as programs and pages get it: JSON in which nothing can move a cursor, hide or reorder what is read. */

// C0 but for newline and tab, DEL, C1; then what reorders or hides text: bidi controls, zero-width, line
// separators, byte order mark, tags.
export const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * JSON that is safe to look at and means the same: what could move a cursor, hide or reorder text is written as an escape.
 * Without an indent it is one line, whatever stands in it.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(UNSAFE, (c) =>
    [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
