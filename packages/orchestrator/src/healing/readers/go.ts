import { type Found, KEPT_MAX, type LineState, type Reader, type Sink } from './reader.ts';

/** `go test`, plain, -v and -json (https://pkg.go.dev/cmd/test2json). A package's line comes after its tests. */
export const go: Reader = { tool: 'go', isCounting: false, start: (to) => new Go(to) };

class Go implements LineState {
  readonly #to: Sink;
  /** Failures whose package is not known yet. */
  #tests: Found[] = [];
  #isPanic = false;
  /** Tests of a package run whose end was not told. */
  readonly #openPackages = new Set<string>();
  /** After packages that failed, one more FAIL ends the run; of the one in its folder, its exit status is told. */
  #isEndingDue = false;
  #last = '';
  #isJson = false;
  readonly #failedPackages = new Set<string>();

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (line.startsWith('{')) return this.#readJson(line);
    const failed = /^ *--- FAIL: (.{1,1000}?)(?: \([\d.]+s\))?$/.exec(line);
    if (failed) {
      const found = this.#to.failed({ name: failed[1]! });
      if (found && this.#tests.length < KEPT_MAX) this.#tests.push(found);
      return true;
    }
    if (line === 'FAIL') this.#isEndingDue = false;
    if (/^=== RUN {3}/.test(line)) this.#openPackages.add('');
    if (/^(?:panic|fatal error|runtime): /.test(line)) this.#isPanic = true;
    const ended = /^(FAIL|ok {2}|---)\t(\S+)(?:\t| |$)(.{0,300})$/.exec(line);
    if (ended?.[1] === 'FAIL') this.#isEndingDue = !this.#isJson && !this.#last.startsWith('exit status ');
    this.#last = line;
    if (ended) this.#endPackage(ended[2]!, ended[1] === 'FAIL', ended[3]!);
    return ended !== null || this.#readCompiler(line);
  }

  end(): void {
    // A package that never came to its end.
    if (this.#tests.length > 0 || this.#openPackages.size > 0 || this.#isEndingDue) this.#to.doubt('stopped');
  }

  #endPackage(path: string, isFailure: boolean, rest: string): void {
    for (const found of this.#tests) found.file = path;
    this.#openPackages.delete('');
    if (isFailure) {
      if (this.#isPanic) this.#to.doubt('stopped');
      const reason = /\[(build|setup) failed\]/.exec(rest);
      if (reason) this.#to.failed({ name: `package ${path} [${reason[1]} failed]`, kind: 'file' });
      else if (this.#tests.length === 0) this.#failWithoutTest(path);
    }
    this.#tests = [];
    this.#isPanic = false;
  }

  /** Its process failed and no test of it did: an exit, a leak, a race. */
  #failWithoutTest(path: string): void {
    this.#to.failed({ name: `package ${path}`, kind: 'file' });
    this.#to.doubt('unhandled');
  }

  #readCompiler(line: string): boolean {
    const message = /^(?:vet: )?(\S+\.go):\d+:\d+: (.{1,500})$/.exec(line);
    if (message)
      this.#to.failed({ name: message[2]!, file: message[1]!.replace(/^\.\//, ''), kind: 'message' });
    else if (/^\S*\.go:\d+:\d+: too many errors$|^too many errors$/.test(line)) this.#to.doubt('stopped');
    return message !== null;
  }

  #readJson(line: string): boolean {
    if (!line.includes('"Action":')) return false;
    const { Action, Package, Test, Output, FailedBuild } = Object(parsed(line)) as Record<string, unknown>;
    if (typeof Package !== 'string') return false;
    this.#isJson = true;
    if (this.#openPackages.size < KEPT_MAX) this.#openPackages.add(Package);
    else if (!this.#openPackages.has(Package)) this.#to.doubt('stopped');
    if (Test === undefined && (Action === 'pass' || Action === 'fail' || Action === 'skip'))
      this.#openPackages.delete(Package);
    if (Action === 'output' && typeof Output === 'string' && /^(?:panic|fatal error): /.test(Output))
      this.#isPanic = true;
    if (Action === 'pass' && Test === undefined) this.#isPanic = false;
    if (Action !== 'fail') return true;
    if (typeof Test === 'string') {
      if (this.#failedPackages.size < KEPT_MAX) this.#failedPackages.add(Package);
      this.#to.failed({ name: Test, file: Package });
    } else this.#endJsonPackage(Package, FailedBuild !== undefined);
    return true;
  }

  #endJsonPackage(path: string, isBuild: boolean): void {
    if (this.#isPanic) this.#to.doubt('stopped');
    this.#isPanic = false;
    if (isBuild) this.#to.failed({ name: `package ${path} [build failed]`, kind: 'file' });
    else if (!this.#failedPackages.has(path)) this.#failWithoutTest(path);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
