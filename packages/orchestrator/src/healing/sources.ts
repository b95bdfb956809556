/** Who printed a line: a package of a workspace, a service, or the command itself. */

// Colours, and what a terminal would act upon.
const ESCAPES = /\u001b\[[0-9;?]*[a-zA-Z]|\u001b\][^\u0007]{0,200}\u0007|[\u0000-\u0008\u000b-\u001f]/g;
const CLOCK = /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?\s/;
const LINE_MAX = 2_000;
/** JSON and XML stand in one line, however long. */
const DOCUMENT_MAX = 64 * 1024;

/** Without colours, the time a CI put before it, and what is too long to be a name. */
export function plainLine(raw: string, root: string): string {
  const isDocument = /^\s*(?:[{<]|\[\{)/.test(raw);
  const text = raw
    .slice(0, isDocument ? DOCUMENT_MAX : LINE_MAX)
    .replace(ESCAPES, '')
    .replace(CLOCK, '')
    .trimEnd();
  return root === '' ? text : text.replaceAll(root, '');
}

/** What `pnpm -r` and turbo, docker compose, and concurrently put before a line. */
const PREFIXES = [
  /^(@?[\w./-]{1,100}[ :][\w:.-]{1,60}):(?: |$)/,
  /^([\w.-]{1,60}) +\| (?=.)/,
  /^\[(?!INFO|ERROR|WARNING|WARN|DEBUG)([\w.@/:-]{1,60})\] (?=.)/,
];

export function cutPrefix(line: string): { readonly source: string; readonly rest: string } | undefined {
  for (const prefix of PREFIXES) {
    const match = prefix.exec(line);
    if (match) return { source: match[1]!, rest: line.slice(match[0].length) };
  }
  return undefined;
}

/** The heading npm, pnpm and nx print before a package's script: `> shop@1.0.0 test`. */
export function headingOf(line: string): string | undefined {
  const match =
    /^> (?:(@?[\w./-]{1,100})@\d[\w.+-]{0,60} ([\w:.-]{1,60})(?: \/.*| \S+)?|nx run ([\w@/.:-]{1,100}).*)$/.exec(
      line,
    );
  return match ? (match[3] ?? `${match[1]} ${match[2]}`) : undefined;
}
