/** Which paths an attempt may add. fsck refuses the worst in every tree; this also refuses what only some disks mind. */

export interface PathLimits {
  /** Most folders above a file. */
  readonly depth: number;
}

export interface RawChange {
  readonly oldMode: string;
  readonly newMode: string;
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
    const [oldMode = '', newMode = '', , newId = ''] = fields[i]!.toString().slice(1).split(' ');
    changes.push({ oldMode, newMode, newId, path: fields[i + 1]! });
  }
  return changes;
}

export const PATH_BYTES_MAX = 4_096;
const NAME_BYTES_MAX = 255;
const GITLINK = '160000';
const GONE = '000000';
/** Ignored by HFS+ when it compares names: `.g\u200cit` is `.git` there. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Why the changes are refused; undefined when they are fine. Deletions are always fine. */
export function unfitChange(changes: readonly RawChange[], limits: PathLimits): string | undefined {
  for (const change of changes) {
    const why = change.newMode === GONE ? undefined : unfitPath(change, limits);
    if (why) return `${JSON.stringify(change.path.toString().slice(0, 200))} ${why}`;
  }
  return undefined;
}

function unfitPath(change: RawChange, limits: PathLimits): string | undefined {
  if (change.newMode === GITLINK && change.oldMode !== GITLINK)
    return 'is a repository inside the repository';
  if (change.path.length > PATH_BYTES_MAX) return `is longer than ${PATH_BYTES_MAX} bytes`;
  const path = decode(change.path);
  if (path === undefined) return 'is not UTF-8';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has control characters in its name';
  const names = path.split('/');
  if (names.length > limits.depth) return `lies more than ${limits.depth} folders deep`;
  return names.map(unfitName).find((why) => why !== undefined);
}

function unfitName(name: string): string | undefined {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `has a name longer than ${NAME_BYTES_MAX} bytes`;
  const plain = name
    .replace(HFS_IGNORED, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
  if (plain === '' || plain === '.git' || plain === 'git~1')
    return 'has a name that could stand for .git or a parent';
  if (/[\\:]/.test(name) && /(?:^|[\\:])\.?git(?:~1)?(?:$|[\\:])/i.test(name)) return 'hides .git in a name';
  return undefined;
}

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
