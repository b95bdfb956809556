/** Reads failures line by line, however long the output is: several runners write one failure over several lines. */
import { LINE_READERS, NO_FAILURE } from './failure-lines.ts';

/** One failure as it was read; where it is may come some lines later. */
export interface Raw {
  readonly tool: string;
  readonly what: string;
  /** The file it is in, once that is known. */
  file?: string;
  /** The lines that show it, from the first on. */
  readonly lines: string[];
}

/** The most failures that are kept; with more, `isCut` says so. */
const RAW_MAX = 1_000;
const SHOWN_LINES = 15;
const LINE_MAX = 2_000;
/** Lines within which TAP says where a failure is. */
const TAP_LOCATION_LINES = 6;
const MOCHA_TITLE_LINES = 8;
const SOURCES_MAX = 500;
/** What `pnpm -r` and `turbo` put before a line: the package and its script. */
const PREFIX = /^(@?[\w./-]{1,100}[ :][\w:.-]{1,60}): (?=.)/;
// Colours, and what a terminal would act upon.
const ESCAPES = /\u001b\[[0-9;?]*[a-zA-Z]|[\u0000-\u0008\u000b-\u001f]/g;

/** What is remembered of earlier lines, apart for each source that prints: their lines come mixed. */
interface Source {
  /** node:test: the file the next failure is in. */
  file?: string | undefined;
  /** eslint's stylish format: the file the following messages are about. */
  heading?: string | undefined;
  tap?: { readonly raw: Raw; left: number } | undefined;
  mocha?: { title: string[] | undefined } | undefined;
}

export class FailureScanner {
  readonly found: Raw[] = [];
  isCut = false;
  readonly #root: string;
  readonly #sources = new Map<string, Source>();

  /** @param root the workspace as the command saw it: left out of every path. */
  constructor(root = '') {
    this.#root = root === '' ? '' : `${root.replace(/\/$/, '')}/`;
  }

  line(raw: string): void {
    const line = this.#clean(raw);
    // The newest has the fewest lines: when it has all of its own, so have those before it.
    if ((this.found.at(-1)?.lines.length ?? SHOWN_LINES) < SHOWN_LINES) this.#show(line);
    if (this.#read(line, '')) return;
    const prefix = PREFIX.exec(line);
    if (prefix) this.#read(line.slice(prefix[0].length), `${prefix[1]}: `);
  }

  #show(line: string): void {
    for (const failure of this.found.slice(-SHOWN_LINES))
      if (failure.lines.length < SHOWN_LINES) failure.lines.push(line);
  }

  #clean(line: string): string {
    const text = line.slice(0, LINE_MAX).replace(ESCAPES, '');
    return this.#root === '' ? text : text.replaceAll(this.#root, '');
  }

  #read(line: string, prefix: string): boolean {
    if (NO_FAILURE.test(line)) return true;
    const source = this.#sourceOf(prefix);
    return (
      this.#readPlaces(line, source) ||
      this.#readNodeTest(line, prefix, source) ||
      this.#readEslint(line, prefix, source) ||
      this.#readMocha(line, prefix, source) ||
      this.#readGoJson(line, prefix) ||
      this.#readLine(line, prefix)
    );
  }

  #sourceOf(prefix: string): Source {
    const known = this.#sources.get(prefix);
    if (known) return known;
    const source: Source = {};
    if (this.#sources.size < SOURCES_MAX) this.#sources.set(prefix, source);
    return source;
  }

  /** Lines that say where a failure is, before it or after it. */
  #readPlaces(line: string, source: Source): boolean {
    const ahead = /^\s*test at (\S.{0,300}?):\d+:\d+$/.exec(line);
    if (ahead) source.file = ahead[1];
    const after = source.tap && /^\s*location: '(.{1,300}?)(?::\d+)*'$/.exec(line);
    if (after) {
      source.tap!.raw.file = after[1]!;
      source.tap = undefined;
    } else if (source.tap && --source.tap.left <= 0) source.tap = undefined;
    return ahead !== null || Boolean(after);
  }

  /** TAP, subtests too, and the spec reporter of node:test. */
  #readNodeTest(line: string, prefix: string, source: Source): boolean {
    const tap = /^\s*not ok \d+(?: -)? (.{1,300})$/.exec(line);
    if (tap && /# (?:todo|skip)\b/i.test(tap[1]!)) return true;
    if (tap) {
      const raw = this.#add('node:test', prefix + tap[1]!, line);
      if (raw) source.tap = { raw, left: TAP_LOCATION_LINES };
      return true;
    }
    const spec = /^\s*✖ (.{1,300}?)(?: \(\d[\d.]*m?s\))?$/.exec(line);
    if (!spec) return false;
    const raw = this.#add('node:test', prefix + spec[1]!, line);
    if (raw && source.file !== undefined) raw.file = source.file;
    source.file = undefined;
    return true;
  }

  /** eslint's default and JSON formats, https://eslint.org/docs/latest/use/formatters. */
  #readEslint(line: string, prefix: string, source: Source): boolean {
    if (line.startsWith('[{"filePath":')) return this.#readEslintJson(line, prefix);
    if (/^\/?[^\s:'"()]{1,300}\.\w{1,10}$/.test(line)) {
      source.heading = line;
      return false;
    }
    const message = source.heading && /^ +\d+:\d+ +error +(.{1,300}?)(?: {2,}(\S+))?$/.exec(line);
    if (!message) return false;
    this.#add('eslint', `${prefix}${source.heading} ${message[2] ?? ''} ${message[1]}`, line);
    return true;
  }

  #readEslintJson(line: string, prefix: string): boolean {
    const files = parsed(line);
    if (!Array.isArray(files)) return false;
    for (const { filePath, messages } of files) {
      if (typeof filePath !== 'string' || !Array.isArray(messages)) continue;
      for (const { severity, ruleId, message } of messages)
        if (severity === 2) this.#add('eslint', `${prefix}${filePath} ${ruleId ?? ''} ${message}`, line);
    }
    return true;
  }

  /** mocha's spec reporter lists what failed at its end: a number, then the titles, the last one with a colon. */
  #readMocha(line: string, prefix: string, source: Source): boolean {
    if (/^\s+\d+ failing$/.test(line)) {
      source.mocha = { title: undefined };
      return true;
    }
    if (!source.mocha) return false;
    const first = /^ {2}\d+\) (.{1,300})$/.exec(line);
    if (first) source.mocha.title = [];
    const { title } = source.mocha;
    if (!title || title.length > MOCHA_TITLE_LINES) return false;
    title.push((first?.[1] ?? line).trim());
    if (!line.endsWith(':')) return true;
    this.#add('mocha', `${prefix}${title.join(' ').slice(0, -1)}`, line);
    source.mocha.title = undefined;
    return true;
  }

  /** `go test -json`: https://pkg.go.dev/cmd/test2json. */
  #readGoJson(line: string, prefix: string): boolean {
    if (!line.startsWith('{') || !line.includes('"Action":"fail"')) return false;
    const { Package, Test } = Object(parsed(line)) as { Package?: unknown; Test?: unknown };
    if (typeof Package !== 'string') return false;
    const what = typeof Test === 'string' ? `${Package} ${Test}` : `package ${Package}`;
    this.#add('go', prefix + what, line);
    return true;
  }

  #readLine(line: string, prefix: string): boolean {
    for (const reader of LINE_READERS) {
      const match = line.match(reader.line);
      if (!match) continue;
      this.#add(reader.tool, prefix + reader.signature(match), line);
      return true;
    }
    return false;
  }

  #add(tool: string, what: string, line: string): Raw | undefined {
    if (this.found.length >= RAW_MAX) {
      this.isCut = true;
      return undefined;
    }
    const raw: Raw = { tool, what, lines: [line] };
    this.found.push(raw);
    return raw;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
