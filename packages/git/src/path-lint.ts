/**
 * Which paths an attempt may add. fsck refuses the worst in every tree; this also refuses what only some disks, shells
 * and screens mind. What the base has already may be changed and removed, whatever it is called.
 */

export interface PathLimits {
  /** Most folders above a file. */
  readonly depth: number;
}

export interface RawChange {
  readonly oldMode: string;
  readonly newMode: string;
  /** All zeros when the path is new. */
  readonly oldId: string;
  /** All zeros when the path is gone. */
  readonly newId: string;
  readonly path: Buffer;
}

/** Records of `diff-tree --raw -z`: `:old new oldId newId status NUL path NUL`. */
export function parseRaw(bytes: Buffer): RawChange[] {
  const fields: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0, from);
    fields.push(bytes.subarray(from, end));
    from = end + 1;
  }
  const changes: RawChange[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = fields[i]!.toString().slice(1).split(' ');
    changes.push({ oldMode, newMode, oldId, newId, path: fields[i + 1]! });
  }
  return changes;
}

export const PATH_BYTES_MAX = 4_096;
const NAME_BYTES_MAX = 255;
const GITLINK = '160000';
const GONE = '000000';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why the changes are refused; undefined when they are fine. Deletions are always fine. */
export function unfitChange(changes: readonly RawChange[], limits: PathLimits): string | undefined {
  for (const change of changes) {
    const why = unfitPath(change, limits);
    if (why) return `${shown(change.path)} ${why}`;
  }
  return undefined;
}

function unfitPath({ oldMode, newMode, path }: RawChange, { depth }: PathLimits): string | undefined {
  if (newMode === GITLINK && oldMode !== GITLINK) return 'is a repository inside the repository';
  if (newMode === GONE || oldMode !== GONE) return undefined;
  if (path.length > PATH_BYTES_MAX) return `is longer than ${PATH_BYTES_MAX} bytes`;
  if (path.toString('latin1').split('/').length > depth) return `lies more than ${depth} folders deep`;
  return undefined;
}

/** A name that a folder did not have before. */
export interface AddedName {
  /** Of the folder, with a slash at its end; empty for the top. */
  readonly folder: Buffer;
  readonly name: Buffer;
}

/**
 * Why new names of one folder are refused; undefined when they are fine.
 * @param all every name the folder has now, the new ones among them.
 */
export function unfitNames(added: readonly AddedName[], all: readonly Buffer[]): string | undefined {
  for (const one of added) {
    const why = unfitName(one);
    if (why) return `${shown(pathOf(one))} ${why}`;
  }
  return twins(added, all);
}

function twins(added: readonly AddedName[], all: readonly Buffer[]): string | undefined {
  const alike = new Map<string, Buffer[]>();
  const wanted = new Set(added.map(({ name }) => folded(name)));
  for (const name of all) {
    const key = folded(name);
    if (wanted.has(key)) alike.set(key, [...(alike.get(key) ?? []), name]);
  }
  for (const one of added) {
    const twin = alike.get(folded(one.name))?.find((name) => !name.equals(one.name));
    if (twin)
      return `${shown(pathOf(one))} is the same as ${shown(twin)} on disks that tell neither case nor accents apart`;
  }
  return undefined;
}

const pathOf = ({ folder, name }: AddedName): Buffer => Buffer.concat([folder, name]);

/** As macOS and Windows compare names. */
export const folded = (name: Buffer): string => name.toString().normalize('NFC').toLowerCase();

/** Ignored by HFS+ when it compares names: `.g\u200cit` is `.git` there. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** C0, DEL, C1 and the separators of lines: what a terminal or a line of a log takes for more than a name. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** Turns the text around it round on a screen: `exe.txt` for what is `txt.exe`. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)/i;
const WINDOWS_REFUSED = /[<>:"|?*\\]|[. ]$/;

function unfitName({ folder, name: bytes }: AddedName): string | undefined {
  if (bytes.length > NAME_BYTES_MAX) return `has a name longer than ${NAME_BYTES_MAX} bytes`;
  const name = decode(bytes);
  if (name === undefined) return 'is not UTF-8';
  if (CONTROL.test(name)) return 'has control characters in its name';
  if (BIDI.test(name)) return 'has characters in its name that turn text round';
  if (standsForGit(name)) return 'has a name that could stand for .git or a parent';
  if (name.startsWith('--') || (name.startsWith('-') && folder.length === 0))
    return 'has a name that commands take for an option';
  if (WINDOWS_DEVICE.test(name) || WINDOWS_REFUSED.test(name)) return 'has a name that Windows cannot hold';
  return undefined;
}

function standsForGit(name: string): boolean {
  const plain = name
    .replace(HFS_IGNORED, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
  if (plain === '' || plain === '.git' || plain === 'git~1') return true;
  return /[\\:]/.test(name) && /(?:^|[\\:])\.?git(?:~1)?(?:$|[\\:])/i.test(name);
}

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** In quotes, and with everything that cannot be seen spelt out. */
export function shown(path: Buffer): string {
  const text = JSON.stringify(path.toString().slice(0, 200));
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}
