/** Makes a tree somebody's own: here where it is small, for a program costs more than a few hundred calls. */
import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { SwarmError } from '@swarm/core/errors';
import { askProgram } from '../ask-program.ts';

const CHOWN_MS = 10 * 60_000;
/** Most entries, and folders one in another, that are given here. */
const ENTRIES_MAX = 1_000;
const DEPTH_MAX = 32;
/** Opens a place without any right to it: linux, uapi/asm-generic/fcntl.h. */
const O_PATH = 0o10000000;
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Only what is root's is given: whatever is the other's already keeps its times. No link is followed. */
export async function giveTree(path: string, uid: number): Promise<void> {
  if (givenHere(path, uid)) return;
  const args = ['-hRP', '--from=0:0', '--', `${uid}:${uid}`, path];
  const { failed, stderr } = await askProgram({ file: '/bin/chown', argv: args, env: {}, ms: CHOWN_MS });
  if (failed === undefined) return;
  throw new SwarmError({
    code: 'SW0701',
    what: 'a folder cannot be given to the user commands run as',
    where: path,
    why: `chown ${failed}: ${stderr}`,
    fix: `chown -hR ${uid}:${uid} ${path}`,
  });
}

/** False when not all of it was: it is large, or something went wrong, which `chown` then tells. */
function givenHere(path: string, uid: number): boolean {
  try {
    return new Gift(uid).folder(path, 0);
  } catch {
    return false;
  }
}

/** Every step is made from an open folder, so that a link put in its place leads nowhere. */
class Gift {
  readonly #uid: number;
  #left = ENTRIES_MAX;

  constructor(uid: number) {
    this.#uid = uid;
  }

  folder(place: string | Buffer, depth: number): boolean {
    if (depth > DEPTH_MAX) return false;
    const folder = openSync(place, FOLDER);
    try {
      const { uid, gid } = fstatSync(folder);
      if (uid === 0 && gid === 0) chownSync(inside(folder), this.#uid, this.#uid);
      const names = readdirSync(inside(folder), { encoding: 'buffer' });
      this.#left -= names.length;
      return this.#left >= 0 && names.every((name) => this.#entry(inside(folder, name), depth));
    } finally {
      closeSync(folder);
    }
  }

  #entry(place: Buffer, depth: number): boolean {
    const found = lstatSync(place);
    if (found.isDirectory()) return this.folder(place, depth + 1);
    if (found.uid === 0 && found.gid === 0) lchownSync(place, this.#uid, this.#uid);
    return true;
  }
}

/** A name in an open folder, or the folder itself. */
const inside = (folder: number, name: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${folder}/`), name]);
