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

export interface PlaceAsk {
  readonly git: Git;
  readonly place: Place;
  readonly pushed: CommitId;
  readonly object: string;
  readonly finder: SecretFinder;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the object stands in the pushed work, for people: a file and its line, or nothing that lasted to its end. */
export async function placeOf(ask: PlaceAsk): Promise<string> {
  const { git, place, pushed, object, env } = ask;
  const rows = await git
    .records(place, 'ls-tree', ['-r', '-z', '--full-tree', pushed], { env })
    .catch(() => []);
  const row = rows.find((one) => one.split('\t')[0]?.endsWith(` ${object}`));
  const path = row?.slice(row.indexOf('\t') + 1);
  if (path === undefined) return 'a message, a name or an earlier state of its commits';
  return `${JSON.stringify(path.slice(0, PATH_MAX))}${await lineOf(ask)}`;
}

const PIECE_BYTES = 64 * 1024;

/** The line in which it ends. */
async function lineOf({ git, place, object, finder, env }: PlaceAsk): Promise<string> {
  const asked = git.run(place, 'cat-file', ['blob', object], { env });
  const bytes = await asked.then(({ stdout }) => stdout).catch(() => Buffer.alloc(0));
  const look = finder.begin();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    if (look(bytes.subarray(at, at + PIECE_BYTES)) === undefined) continue;
    const from = Math.max(0, at - PIECE_BYTES);
    const end = from + endIn(bytes.subarray(from, at + PIECE_BYTES), finder);
    return `, line ${bytes.subarray(0, Math.max(0, end - 1)).reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 1)}`;
  }
  return '';
}

/** Where the first ends: bytes that are searched from their beginning hold it from there on. */
function endIn(bytes: Buffer, finder: SecretFinder): number {
  let [without, withIt] = [0, bytes.length];
  while (withIt - without > 1) {
    const middle = (without + withIt) >> 1;
    if (finder.begin()(bytes.subarray(0, middle)) === undefined) without = middle;
    else withIt = middle;
  }
  return withIt;
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
