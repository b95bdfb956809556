/** Objects of the hub, looked up by name through one process that stays. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { Boundary } from './boundary.ts';
import { expectObject, type Git, type Place } from './git.ts';
import { GitHelper } from './git-helper.ts';
import type { Reader } from './git-process.ts';
import { KeptObjects } from './kept-objects.ts';
import type { RawObject } from './loose.ts';

export interface CommitFacts {
  readonly tree: TreeId;
  readonly parents: readonly CommitId[];
}

/** Objects never change, so what was read of a commit stays true; this many are remembered. */
const REMEMBERED = 20_000;

export class Objects {
  readonly #helper: GitHelper;
  readonly #commits = new Map<CommitId, CommitFacts>();
  readonly #kept = new KeptObjects();
  readonly #boundary: Boundary | undefined;

  /** @param boundary where history ends there; absent: where no parent is named. */
  constructor(git: Git, place: Place, boundary?: Boundary) {
    this.#boundary = boundary;
    this.#helper = new GitHelper(git, { place, subcommand: 'cat-file', args: ['--batch-command'] });
  }

  /** Whole objects, in order. SW0702 when one is not there. */
  async contents(names: readonly string[]): Promise<RawObject[]> {
    const found = this.#kept.among(names);
    const asked = unknownOf(names, found);
    if (asked.length > 0) {
      const objects = await this.#helper.askAgain(questionOf(asked), () => eachOf(asked, contentOf));
      this.#add(
        found,
        objects.map((object, i) => [asked[i]!, object ?? missing(asked[i]!)]),
      );
    }
    return names.map((name) => found.get(name)!);
  }

  /**
   * The same for what may be large. Undefined when together they are more than `maxBytes`, or when they cannot be
   * told: a command of git's own then has to do it, and says what is wrong.
   */
  async contentsUpTo(names: readonly string[], maxBytes: number): Promise<RawObject[] | undefined> {
    const found = this.#kept.among(names);
    const asked = unknownOf(names, found);
    if (asked.length > 0) {
      const read = eachOf(asked, contentOf);
      const capped: typeof read = (bytes) => {
        if (bytes.length > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
        return read(bytes);
      };
      const objects = await this.#helper.ask(questionOf(asked), capped).catch(() => []);
      const there = objects.flatMap((object, i) => (object ? [[asked[i]!, object] as const] : []));
      if (there.length < asked.length) return undefined;
      this.#add(found, there);
    }
    return names.map((name) => found.get(name)!);
  }

  #add(found: Map<string, RawObject>, read: readonly (readonly [string, RawObject])[]): void {
    for (const [name, object] of read) {
      found.set(name, object);
      this.#kept.add(name, object);
    }
  }

  /** Undefined when there is no such object, or it is no commit. What the hub has it keeps while it is open. */
  async findCommit(name: CommitId): Promise<CommitFacts | undefined> {
    const known = this.#commits.get(name);
    if (known) return known;
    const object = await this.#helper.askAgain(questionOf([name]), () => contentOf(name));
    if (object?.type !== 'commit') return undefined;
    const { tree, parents } = this.parse(name, object.body);
    return this.remember(name, { tree, parents });
  }

  /** SW0702 when it is not there. */
  async commit(name: CommitId): Promise<CommitFacts> {
    const facts = await this.findCommit(name);
    if (facts) return facts;
    return missing(name);
  }

  /** A commit's own bytes, with no parents where history ends. */
  parse(name: CommitId, body: Buffer): ReturnType<typeof parseCommit> {
    const said = parseCommit(name, body);
    return { ...said, parents: this.#boundary?.parentsOf(name, said.parents) ?? said.parents };
  }

  /** What we wrote ourselves need not be read again. */
  remember(name: CommitId, facts: CommitFacts): CommitFacts {
    if (this.#commits.size >= REMEMBERED) this.#commits.clear();
    this.#commits.set(name, facts);
    return facts;
  }

  /** The same for the whole object, for a while: a landing's words are looked at when the next is built upon it. */
  keep(name: string, object: RawObject): void {
    this.#kept.add(name, object);
  }

  close(): Promise<void> {
    return this.#helper.close();
  }
}

/** Objects at hand, and all that another repository has. */
export class Overlaid extends Objects {
  readonly #own: ReadonlyMap<string, RawObject>;
  readonly #under: Objects;

  constructor(git: Git, place: Place, own: ReadonlyMap<string, RawObject>, under: Objects) {
    super(git, place);
    this.#own = own;
    this.#under = under;
  }

  override async contents(names: readonly string[]): Promise<RawObject[]> {
    const others = await this.#under.contents(names.filter((name) => !this.#own.has(name)));
    return this.#inOrder(names, others);
  }

  /** What is at hand counts for nothing: it is in memory already. */
  override async contentsUpTo(names: readonly string[], maxBytes: number) {
    const others = await this.#under.contentsUpTo(
      names.filter((name) => !this.#own.has(name)),
      maxBytes,
    );
    return others && this.#inOrder(names, others);
  }

  override async findCommit(name: CommitId): Promise<CommitFacts | undefined> {
    const object = this.#own.get(name);
    if (!object) return this.#under.findCommit(name);
    return object.type === 'commit' ? parseCommit(name, object.body) : undefined;
  }

  #inOrder(names: readonly string[], others: readonly RawObject[]): RawObject[] {
    const rest = others.values();
    return names.map((name) => this.#own.get(name) ?? rest.next().value!);
  }
}

const unknownOf = (names: readonly string[], found: ReadonlyMap<string, RawObject>): readonly string[] => [
  ...new Set(names.filter((name) => !found.has(name))),
];

const questionOf = (names: readonly string[]): string => names.map((name) => `contents ${name}\n`).join('');

interface Head {
  readonly type: string;
  readonly bytes: number;
}

function missing(name: string): never {
  throw new SwarmError({ code: 'SW0702', what: `the object ${name} is not in the hub` });
}

/** A commit's own bytes. Its message is undefined when it says it is not written in UTF-8, and ends at a NUL. */
export function parseCommit(
  name: CommitId,
  body: Buffer,
): CommitFacts & { readonly message: string | undefined } {
  const end = body.indexOf('\n\n');
  const header = body.toString('latin1', 0, end + 1);
  const tree = /^tree ([0-9a-f]+)\n/.exec(header)?.[1] ?? '';
  const parents = [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1]!);
  return {
    tree: expectObject(tree, `commit ${name}`) as string as TreeId,
    parents: parents.map((parent) => expectObject(parent, `commit ${name}`)),
    message: /^encoding /m.test(header) ? undefined : body.toString('utf8', end + 2).split('\0', 1)[0],
  };
}

/** One answer for each name, one after the other. */
function eachOf<T>(names: readonly string[], one: (name: string) => Reader<T>): Reader<T[]> {
  const done: T[] = [];
  let at = 0;
  return (bytes) => {
    while (done.length < names.length) {
      const next = one(names[done.length]!)(bytes.subarray(at));
      if (!next) return undefined;
      done.push(next.value);
      at += next.length;
    }
    return { value: done, length: at };
  };
}

/** `name SP type SP size LF`, or `name SP missing LF`. */
const headOf =
  (name: string): Reader<Head | undefined> =>
  (bytes) => {
    const end = bytes.indexOf('\n');
    if (end < 0) return undefined;
    const line = bytes.toString('latin1', 0, end);
    if (line === `${name} missing`) return { value: undefined, length: end + 1 };
    const [told, type = '', size = ''] = line.split(' ');
    if (told !== name || !/^\d+$/.test(size))
      throw new Error(`asked for ${name}, told ${line.slice(0, 200)}`);
    return { value: { type, bytes: Number(size) }, length: end + 1 };
  };

/** The same line, then that many bytes and LF; nothing after `missing`. */
const contentOf =
  (name: string): Reader<RawObject | undefined> =>
  (bytes) => {
    const head = headOf(name)(bytes);
    if (!head) return undefined;
    if (!head.value) return { value: undefined, length: head.length };
    const length = head.length + head.value.bytes + 1;
    if (bytes.length < length) return undefined;
    const body = Buffer.from(bytes.subarray(head.length, length - 1));
    return { value: { type: head.value.type as RawObject['type'], body }, length };
  };
