/** Looks through every object that was pushed for secrets that are known: files, messages and names alike. */
import type { CommitId } from '@swarm/core/model/ids';
import type { SecretFinder } from '@swarm/core/ports/git';
import type { Git, Place } from './git.ts';
import { Unfit } from './intake-files.ts';

export interface FoundSecret {
  readonly secret: string;
  readonly object: string;
}

/**
 * Reads the objects as they come and holds none of them.
 * @throws Unfit when not all of them could be looked through: what nobody looked at is not taken.
 */
export async function secretIn(
  git: Git,
  place: Place,
  finder: SecretFinder,
  timeoutMs: number,
): Promise<FoundSecret | undefined> {
  const child = git.start(place, 'cat-file', ['--batch-all-objects', '--unordered', '--buffer', '--batch']);
  const ended = new Promise<number | undefined>((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code ?? undefined));
  });
  const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  child.stdin.on('error', () => undefined);
  child.stdin.end();
  child.stderr.resume();
  const walk = new ObjectWalk(finder);
  try {
    for await (const bytes of child.stdout) {
      const found = walk.take(bytes as Buffer);
      if (found) return found;
    }
    if ((await ended) === 0 && walk.isBetween) return undefined;
    throw new Unfit('not all of its objects could be looked through for secrets');
  } finally {
    clearTimeout(late);
    child.kill('SIGKILL');
    await ended;
  }
}

const PATH_MAX = 200;

/** Where the object stands in the pushed work, for people: a file of it, or nothing that lasted to its end. */
export async function placeOf(
  git: Git,
  place: Place,
  pushed: CommitId,
  object: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const rows = await git
    .records(place, 'ls-tree', ['-r', '-z', '--full-tree', pushed], { env })
    .catch(() => []);
  const row = rows.find((one) => one.split('\t')[0]?.endsWith(` ${object}`));
  const path = row?.slice(row.indexOf('\t') + 1);
  if (path === undefined) return 'a message, a name or an earlier state of its commits';
  return JSON.stringify(path.slice(0, PATH_MAX));
}

const HEADER_MAX = 200;

/** `<name> <kind> <size>`, a line, and that many bytes, and a line break. */
class ObjectWalk {
  readonly #finder: SecretFinder;
  #header = '';
  #object = '';
  /** Bytes of the present object that are still to come, its line break among them; 0 between objects. */
  #left = 0;
  #look: ReturnType<SecretFinder['begin']> = () => undefined;

  constructor(finder: SecretFinder) {
    this.#finder = finder;
  }

  get isBetween(): boolean {
    return this.#left === 0 && this.#header === '';
  }

  take(bytes: Buffer): FoundSecret | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) at = this.#readHeader(bytes, at);
      else {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        const secret = this.#look(part);
        if (secret !== undefined) return { secret, object: this.#object };
      }
    }
    return undefined;
  }

  /** Returns where it ended. */
  #readHeader(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(10, at);
    this.#header += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    if (this.#header.length > HEADER_MAX) throw new Unfit('its objects cannot be told apart');
    if (end < 0) return bytes.length;
    const [, object, size] = /^([0-9a-f]{40,64}) [a-z]+ (\d+)$/.exec(this.#header) ?? [];
    if (object === undefined) throw new Unfit(`one of its objects cannot be read: ${this.#header}`);
    this.#header = '';
    this.#object = object;
    this.#left = Number(size) + 1;
    this.#look = this.#finder.begin();
    return end + 1;
  }
}
