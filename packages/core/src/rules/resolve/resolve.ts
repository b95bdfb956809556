/**
 * Conflicts that are settled by rule before any model is asked. A rule is chosen by the file's name, loses nothing
 * either side added, and where it would have to guess gives the conflict back. A lockfile is joined as a whole that
 * its manager takes as it stands (locks/); one without a rule here can only be made by its own tool. What comes out
 * is proved by the gate like any other candidate.
 */
import { type Join, mergeAdditions } from './additions.ts';
import { mergeGoMod } from './go-mod.ts';
import { mergeGoSum } from './go-sum.ts';
import { isBlank, joinBoth, joinDistinct, joinNamed, type NamesOf } from './join.ts';
import { mergeJson } from './json-merge.ts';
import type { Around } from './locks/around.ts';
import { joinCargoLock } from './locks/cargo-lock.ts';
import { joinNpmLock } from './locks/npm-lock.ts';
import { joinPnpmLock } from './locks/pnpm-lock.ts';
import { joinYarnLock } from './locks/yarn-lock.ts';
import { tomlNames } from './manifest-lines.ts';
import { pythonNames, rustNames, scriptNames } from './statements.ts';
import type { Texts } from './texts.ts';

export const RULES = [
  'ignore',
  'words',
  'changelog',
  'barrel',
  'json',
  'lock',
  'toml',
  'go-mod',
  'go-sum',
] as const;
export type RuleName = (typeof RULES)[number];

export interface Resolution {
  readonly text: string;
  readonly rule: RuleName;
}

/** Longer texts, in UTF-16 units, are left as they are. */
export const RESOLVE_TEXT_MAX = 4 * 1024 * 1024;

/**
 * @param path relative to the repository, with `/`; its last name chooses the rule.
 * @returns undefined when the conflict stays. Never throws, whatever the texts hold; O(n log n) in their length.
 */
export function resolveConflict(path: string, texts: Texts, around?: Around): Resolution | undefined {
  const rule = ruleFor(path.slice(path.lastIndexOf('/') + 1));
  if (!rule || !isPlain(texts)) return undefined;
  const text = oneSided(texts) ?? rule.merge(texts, around);
  return text === undefined ? undefined : { text, rule: rule.name };
}

/** True when some rule may settle a conflict in this file: whether it is worth reading. */
export const hasRule = (path: string): boolean =>
  ruleFor(path.slice(path.lastIndexOf('/') + 1)) !== undefined;

/** Leftover markers are an open question somebody committed; control characters mean this is no text. */
function isPlain({ base = '', ours, theirs }: Texts): boolean {
  return [base, ours, theirs].every(
    (text) => text.length <= RESOLVE_TEXT_MAX && !text.includes('\0') && !MARKER.test(text),
  );
}
const MARKER = /^(?:<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)(?:[ \r]|$)/m;

function oneSided({ base, ours, theirs }: Texts): string | undefined {
  if (ours === theirs || theirs === base) return ours;
  return ours === base ? theirs : undefined;
}

interface Rule {
  readonly name: RuleName;
  /** The file's own name. */
  readonly files: RegExp;
  readonly merge: (texts: Texts, around?: Around) => string | undefined;
}

const lines = (join: Join) => (texts: Texts) => mergeAdditions(texts, join);
const named = (namesOf: NamesOf) => lines(joinNamed(namesOf));

/** An exception (`!keep`) takes back what stands before it, so its place is its meaning. */
const joinIgnored: Join = (ours, theirs) =>
  [...ours, ...theirs].some((line) => line.trimStart().startsWith('!'))
    ? undefined
    : joinDistinct(ours, theirs);

const isWord = (line: string): boolean => isBlank(line) || /^(?:#.*|\S+)$/.test(line);
const joinWords: Join = (ours, theirs) =>
  ours.every(isWord) && theirs.every(isWord) ? joinDistinct(ours, theirs) : undefined;

/** Two changelogs begun apart have no common ground to add to. */
const mergeChangelog = (texts: Texts): string | undefined =>
  texts.base === undefined ? undefined : mergeAdditions(texts, joinBoth);

const TABLE: readonly Rule[] = [
  {
    name: 'ignore',
    files: /^\.(?:git|docker|npm|eslint|prettier|stylelint)ignore$/,
    merge: lines(joinIgnored),
  },
  {
    name: 'words',
    files: /^(?:\.?(?:words|wordlist|dictionary)|(?:cspell|project)-words)\.txt$/i,
    merge: lines(joinWords),
  },
  {
    name: 'changelog',
    files: /^(?:CHANGELOG|CHANGES|HISTORY|NEWS)(?:\.(?:md|markdown|rst|txt|adoc))?$/i,
    merge: mergeChangelog,
  },
  { name: 'barrel', files: /^index\.(?:ts|js|mjs|tsx|jsx)$/, merge: named(scriptNames) },
  { name: 'barrel', files: /^mod\.rs$/, merge: named(rustNames) },
  { name: 'barrel', files: /^__init__\.py$/, merge: named(pythonNames) },
  {
    name: 'json',
    files: /^(?:package|composer|tsconfig(?:\.[\w-]+)?)\.json$/,
    merge: (texts) => mergeJson(texts),
  },
  { name: 'lock', files: /^(?:package-lock|npm-shrinkwrap)\.json$/, merge: joinNpmLock },
  { name: 'lock', files: /^pnpm-lock\.yaml$/, merge: joinPnpmLock },
  { name: 'lock', files: /^yarn\.lock$/, merge: joinYarnLock },
  { name: 'lock', files: /^Cargo\.lock$/, merge: joinCargoLock },
  { name: 'toml', files: /^(?:Cargo|pyproject)\.toml$/, merge: named(tomlNames) },
  { name: 'go-mod', files: /^go\.mod$/, merge: mergeGoMod },
  { name: 'go-sum', files: /^go\.sum$/, merge: mergeGoSum },
];

const ruleFor = (name: string): Rule | undefined => TABLE.find((rule) => rule.files.test(name));
