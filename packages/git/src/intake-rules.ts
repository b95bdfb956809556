/**
 * Has all that work adds looked through for what has the form of a secret: every state of every file, and the messages.
 * What nobody looked at is not taken. What the base has already is no find: it is no secret any more.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { AddedText, RuleHit, SecretRules } from '@swarm/core/ports/git';
import type { Git, Place } from './git.ts';
import { Unfit } from './intake-files.ts';
import type { SmallWork } from './intake-small.ts';
import { entriesOf, FOLDER, GITLINK } from './intake-trees.ts';
import type { Work } from './intake-work.ts';
import { type Objects, parseCommit } from './objects.ts';

export interface RulesAsk {
  readonly git: Git;
  readonly rules: SecretRules;
  /** Holds what was pushed, and lends from the hub. */
  readonly place: Place;
  readonly objects: Objects;
  /** What was pushed, where it was read already. */
  readonly small: SmallWork | undefined;
  readonly works: readonly Work[];
  readonly timeoutMs: number;
}

/** What the rules find, in words for the log and the next attempt; never the value. @throws Unfit. */
export async function foundByRules(ask: RulesAsk): Promise<string | undefined> {
  const { rules } = ask;
  const added = ask.small ? addedIn(ask.small) : await addedBetween(ask);
  const wanted = [...added].filter(({ paths }) => paths.some((path) => !rules.isAllowed(path)));
  const texts = ask.small
    ? wanted.map((one) => textOf(one, ask.small!.get(one.id)!.body, rules))
    : await read(ask, wanted);
  const said = await rules.look(texts);
  if (said.kind === 'not-looked') throw notLooked(said.why);
  const hits = await newOnes(ask, said.hits);
  return hits.length === 0 ? undefined : told(hits);
}

const notLooked = (why: string): Unfit =>
  new Unfit(`it could not be looked through for secrets: ${why} (docs/secrets.md says what can be allowed)`);

/** A file's content or a commit, and every path it stands at. */
interface Added {
  readonly id: string;
  readonly paths: readonly string[];
}

/** It is looked at as the first of its paths that may not hold anything. */
const textOf = ({ paths }: Added, bytes: Uint8Array, rules: SecretRules): AddedText => ({
  path: paths.find((path) => !rules.isAllowed(path))!,
  bytes,
});

const messageOf = (commit: string): string => `the message of ${commit.slice(0, 10)}`;

// ───────────── small work, in memory ─────────────

/** Small trees can name one another until they stand for millions of paths. */
const PATHS_MAX = 50_000;

function addedIn(work: SmallWork): Iterable<Added> {
  const paths = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const enter = (tree: string, folder: string): void => {
    const body = work.get(tree)?.body;
    if (!body || seen.has(`${tree} ${folder}`)) return;
    if (seen.add(`${tree} ${folder}`).size > PATHS_MAX)
      throw notLooked('its folders stand for too many paths');
    for (const { key, mode, id } of entriesOf(tree, body)) {
      const path = folder + Buffer.from(key, 'latin1').toString();
      if (mode === FOLDER) enter(id, path);
      else if (mode !== GITLINK && work.has(id)) add(paths, id, path);
    }
  };
  for (const [id, { type, body }] of work)
    if (type === 'commit') {
      add(paths, id, messageOf(id));
      enter(parseCommit(id as CommitId, body).tree, '');
    }
  return addedOf(paths);
}

function add(paths: Map<string, Set<string>>, id: string, path: string): void {
  const known = paths.get(id);
  if (known) known.add(path);
  else paths.set(id, new Set([path]));
}

const addedOf = (paths: ReadonlyMap<string, ReadonlySet<string>>): Added[] =>
  [...paths].map(([id, at]) => ({ id, paths: [...at] }));

// ───────────── any work, by git ─────────────

const LOG = [
  ...['-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-show-signature'],
  ...['--diff-merges=separate', '--root', '--format=%H', '--stdin'],
];

/** Each commit is compared with each of its parents: whatever it brings stands in one of these differences. */
async function addedBetween({ git, place, works, timeoutMs }: RulesAsk): Promise<Iterable<Added>> {
  const bases = [...new Set(works.map(({ base }) => base))];
  const stdin = [...works.map(({ pushed }) => pushed), ...bases.map((base) => `^${base}`), ''].join('\n');
  const told = await git.records(place, 'log', LOG, { stdin, timeoutMs });
  const paths = new Map<string, Set<string>>();
  for (let i = 0; i < told.length; i += 1) {
    const token = told[i]!.replace(/^\n/, '');
    const [, mode, id] = /^:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) \w/.exec(token) ?? [];
    if (mode === undefined) add(paths, token, messageOf(token));
    else {
      const path = told[++i] ?? '';
      if (mode !== GONE && mode !== GITLINK) add(paths, id!, path);
    }
  }
  paths.delete('');
  return addedOf(paths);
}

const GONE = '000000';

/** Sizes first: what is too much is not read. */
async function read(
  { git, place, objects, rules, timeoutMs }: RulesAsk,
  wanted: readonly Added[],
): Promise<AddedText[]> {
  const stdin = wanted.map(({ id }) => `${id}\n`).join('');
  const sizes = await git.text(place, 'cat-file', ['--batch-check=%(objectsize)'], { stdin, timeoutMs });
  const bytes = sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
  if (!(bytes <= rules.bytesMax)) throw notLooked(`it adds ${bytes} bytes, more than ${rules.bytesMax}`);
  const found = await objects.contents(wanted.map(({ id }) => id));
  return wanted.map((one, i) => textOf(one, found[i]!.body, rules));
}

// ───────────── what is new ─────────────

/** More finds than these are told without asking whether the base has them. */
const ASKED_MAX = 50;
/** A shorter line says nothing. */
const LINE_CHARS_MIN = 8;

async function newOnes(ask: RulesAsk, hits: readonly RuleHit[]): Promise<readonly RuleHit[]> {
  const values = [...new Set(hits.map(({ value }) => value))];
  // Of several branches each is looked at alone after this.
  if (values.length > ASKED_MAX || ask.works.length > 1) return hits;
  const known = new Set<string>();
  for (const value of values) if (await isAtBase(ask, value)) known.add(value);
  return hits.filter(({ value }) => !known.has(value));
}

const isAtBase = ({ git, place, works, timeoutMs }: RulesAsk, value: string): Promise<boolean> =>
  standsAt(git, place, works[0]!.base, value, timeoutMs);

/** By its longest line. It goes in as a file would, not as an argument that others on this machine can read. */
export async function standsAt(
  git: Git,
  place: Place,
  commit: CommitId,
  value: string,
  timeoutMs?: number,
): Promise<boolean> {
  const line = value.split(/[\r\n]+/).reduce((best, one) => (one.length > best.length ? one : best), '');
  if (line.length < LINE_CHARS_MIN) return false;
  const args = ['--quiet', '--fixed-strings', '--text', '-f', '-', commit];
  const stdin = Buffer.from(`${line}\n`, 'latin1');
  const options = { stdin, codes: [0, 1], ...(timeoutMs !== undefined && { timeoutMs }) };
  return (await git.run(place, 'grep', args, options)).code === 0;
}

const TOLD_MAX = 5;
const PATH_MAX = 200;

function told(hits: readonly RuleHit[]): string {
  const each = hits.slice(0, TOLD_MAX).map(({ rule, path, line }) => {
    return `rule ${rule} finds what looks like a secret in ${JSON.stringify(path.slice(0, PATH_MAX))}, line ${line}`;
  });
  return [...each, ...(hits.length > TOLD_MAX ? [`and ${hits.length - TOLD_MAX} more`] : [])].join('; ');
}
