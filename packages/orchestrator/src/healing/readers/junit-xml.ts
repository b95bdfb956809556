import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** JUnit's XML where a runner prints it: `<testcase classname="…" name="…">` with a `<failure>` or `<error>` in it. */
export const junitXml: Reader = { tool: 'junit', isCounting: true, start: (to) => new JunitXml(to) };

class JunitXml implements LineState {
  readonly #to: Sink;
  #isXml = false;
  #case: { readonly name: string; readonly file: string | undefined } | undefined;
  #suites = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (!line.includes('<')) return false;
    if (/<testsuites?\b/.test(line)) this.#isXml = true;
    if (!this.#isXml) return false;
    // Runners print one tag a line or all in one.
    for (const [tag] of line.matchAll(
      /<\/?(?:testsuites?|testcase|failure|error)\b(?:[^<>"']|"[^"]*"|'[^']*')*>/g,
    ))
      this.#readTag(tag);
    return true;
  }

  end(): void {
    if (this.#suites > 0) this.#to.doubt('stopped');
  }

  #readTag(tag: string): void {
    if (tag.startsWith('<testsuite ')) {
      if (!tag.endsWith('/>')) this.#suites += 1;
      this.#to.counted(number(attribute(tag, 'failures')) + number(attribute(tag, 'errors')));
    } else if (tag === '</testsuite>') this.#suites -= 1;
    else if (tag.startsWith('<testcase')) {
      const owner = attribute(tag, 'classname');
      const name = [owner, attribute(tag, 'name')].filter(Boolean).join(' > ');
      this.#case = tag.endsWith('/>') ? undefined : { name, file: attribute(tag, 'file') };
    } else if (tag === '</testcase>') this.#case = undefined;
    else if (/^<(?:failure|error)\b/.test(tag) && this.#case) {
      this.#to.failed(this.#case);
      this.#case = undefined;
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return (found?.[1] ?? found?.[2])?.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, entity: string) => ENTITIES[entity]!,
  );
}
