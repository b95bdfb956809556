import type { LineState, Reader, Sink } from './reader.ts';

/** Compilers and linters: their messages have a file and a rule, and a line number that no name may carry. */
export const tsc: Reader = {
  tool: 'tsc',
  isCounting: false,
  start: (to) => ({
    line(line) {
      // Most lines are no message: what tells one is looked for first, here and below.
      if (!line.includes('error')) return false;
      const error = /^(\S[^:]{0,500}?)[(:]\d+[,:]\d+\)?(?: -|:) error (TS\d+): (.{1,500})$/.exec(line);
      if (error) to.failed({ name: `${error[2]} ${error[3]}`, file: error[1], kind: 'message' });
      const bare = error ? null : /^error (TS\d+): (.{1,500})$/.exec(line);
      if (bare) to.failed({ name: `${bare[1]} ${bare[2]}`, kind: 'message' });
      return error !== null || bare !== null;
    },
  }),
};

/** https://eslint.org/docs/latest/use/formatters: stylish, unix and JSON. */
export const eslint: Reader = { tool: 'eslint', isCounting: false, start: (to) => new Eslint(to) };

class Eslint implements LineState {
  readonly #to: Sink;
  /** stylish: the file the following messages are about. */
  #heading: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (line.startsWith('[{"filePath":')) return this.#readJson(line);
    const unix = line.includes('[Error')
      ? /^(\S[^:]{0,300}):\d+:\d+: (.{1,500}) \[Error\/?(\S*)\]$/.exec(line)
      : null;
    if (unix) this.#fail(unix[1]!, unix[3]!, unix[2]!);
    if (/^\/?[^\s:'"()]{1,300}\.\w{1,10}$/.test(line)) {
      this.#heading = line;
      return false;
    }
    const message = this.#heading && /^ +\d+:\d+ +error +(.{1,500}?)(?: {2,}(\S+))?$/.exec(line);
    if (message) this.#fail(this.#heading!, message[2] ?? '', message[1]!);
    return unix !== null || Boolean(message) || /^✖ \d+ problems? \(/.test(line);
  }

  #fail(file: string, rule: string, message: string): void {
    this.#to.failed({ name: `${rule} ${message}`.trim(), file, kind: 'message' });
  }

  #readJson(line: string): boolean {
    const files = parsed(line);
    if (!Array.isArray(files)) {
      this.#to.doubt('unread');
      return false;
    }
    for (const { filePath, messages } of files) {
      if (typeof filePath !== 'string' || !Array.isArray(messages)) continue;
      for (const { severity, ruleId, message } of messages)
        if (severity === 2) this.#fail(filePath, String(ruleId ?? ''), String(message));
    }
    return true;
  }
}

/** https://biomejs.dev: a heading with place and rule, then the message behind a cross. */
export const biome: Reader = {
  tool: 'biome',
  isCounting: false,
  start: (to) => ({
    line(line) {
      const error =
        /^(\S[^:]{0,500}?)(?::\d+:\d+)? ((?:lint|assist|parse|format|organizeImports|check)(?:\/\S+)?)(?: +FIXABLE)? +━+$/.exec(
          line,
        );
      if (error) to.failed({ name: error[2]!, file: error[1], kind: 'message' });
      if (/^(?:The number of diagnostics exceeds the |Diagnostics not shown: )/.test(line))
        to.doubt('unread');
      return error !== null;
    },
  }),
};

/** gcc, clang and what prints like them. make ends with the first file, which chains.ts knows. */
export const cc: Reader = {
  tool: 'cc',
  isCounting: false,
  start: (to) => ({
    line(line) {
      const error =
        /^(\S[^:]{0,500}?\.(?:c|cc|cpp|cxx|h|hh|hpp|m|mm|swift)):\d+:\d+: (?:fatal )?error: (.{1,500})$/.exec(
          line,
        );
      if (error) to.failed({ name: error[2]!, file: error[1], kind: 'message' });
      return error !== null;
    },
  }),
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
