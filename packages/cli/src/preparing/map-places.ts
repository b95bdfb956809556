/** Where `swarm map` works: a glob or a list against the files of the target, all mistakes at once. */
import { matchesGlob } from 'node:path';
import type { Problem } from '@swarm/core/errors';
import { TASKS_MAX } from '@swarm/core/model/request';
import { normaliseScopeEntry, scopeProblem } from '@swarm/core/rules/scope-path';
import { nearestWord } from '@swarm/core/rules/text';
import { sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

/** Files and folders of the target, from the top. A folder has no `/` at its end. */
export interface Tree {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

export interface PlacesAsk {
  /** `--over`, and `--over-file`: its lines. */
  readonly globs: readonly string[];
  readonly listed?: { readonly file: string; readonly lines: readonly string[] };
}

export interface ChosenPlaces {
  readonly places: readonly string[];
  readonly problems: readonly Problem[];
}

/** Places named in one problem. */
const NAMED_MAX = 20;

/** Splits paths of files into what there is; links and other repositories inside are none of it. */
export function treeOf(paths: readonly string[]): Tree {
  const folders = new Set<string>();
  for (const path of paths)
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (folders.has(path.slice(0, at))) break;
      folders.add(path.slice(0, at));
    }
  return { files: paths, folders: [...folders] };
}

/**
 * In the order given, a glob's in the order of names, each place once. A glob means files; with `/` at its end, folders.
 * @param most tasks the run may have for them.
 */
export function choosePlaces({ globs, listed }: PlacesAsk, tree: Tree, most = TASKS_MAX): ChosenPlaces {
  const problems: Problem[] = [];
  const places = new Set<string>();
  for (const glob of globs) {
    const found = scopeProblem(glob) === undefined ? matched(glob, tree) : [];
    if (found.length === 0) problems.push(noMatch(glob, tree));
    for (const place of found) places.add(place);
  }
  if (listed) {
    const { there, missing, wrong } = fromList(listed.lines, tree);
    for (const place of there) places.add(place);
    if (listed.lines.length === 0) problems.push(emptyList(listed.file));
    problems.push(...wrong.map((problem) => ({ ...problem, where: listed.file })));
    if (missing.length > 0) problems.push(notThere(missing, listed.file, tree));
  }
  const odd = [...places].flatMap((place) => oddness(place) ?? []);
  if (odd.length > 0) problems.push(...oddNames(odd));
  if (places.size > most) problems.push(tooMany(places.size, most));
  return { places: [...places], problems };
}

function matched(glob: string, { files, folders }: Tree): readonly string[] {
  const pattern = normaliseScopeEntry(glob);
  const [among, wanted] = pattern.endsWith('/') ? [folders, pattern.slice(0, -1)] : [files, pattern];
  return among.filter((path) => matchesGlob(path, wanted)).sort();
}

/** A list names places as they are: nothing in it is a pattern. */
function fromList(lines: readonly string[], { files, folders }: Tree) {
  const known = new Set([...files, ...folders]);
  const there: string[] = [];
  const missing: string[] = [];
  const wrong: Problem[] = [];
  for (const line of lines) {
    const bare = line.replace(/^\.\//, '').replace(/\/+$/, '');
    const why = known.has(bare) ? undefined : scopeProblem(line);
    if (known.has(bare)) there.push(bare);
    else if (why === undefined) missing.push(line);
    else if (wrong.length < NAMED_MAX) wrong.push(badPlace(line, why));
  }
  return { there, missing, wrong };
}

/** Why a file of this name cannot be the scope of a task. */
function oddness(place: string): { readonly place: string; readonly why: string } | undefined {
  const why =
    scopeProblem(place) ??
    (place !== place.trim() ? 'begins or ends with a blank' : undefined) ??
    (place !== place.normalize('NFC') ? 'is not composed Unicode (NFC)' : undefined);
  return why === undefined ? undefined : { place, why };
}

// ───────────── what is refused ─────────────

const shown = (place: string): string => sanitizeLine(JSON.stringify(place), 200);

const oddNames = (odd: readonly { readonly place: string; readonly why: string }[]): readonly Problem[] => [
  ...odd.slice(0, NAMED_MAX).map(({ place, why }) => badPlace(place, why)),
  ...(odd.length > NAMED_MAX
    ? [{ code: 'SW0101' as const, what: `and ${odd.length - NAMED_MAX} more places have such names` }]
    : []),
];

const badPlace = (place: string, why: string): Problem => ({
  code: 'SW0101',
  what: `${shown(place)} cannot be a place: it ${why}`,
  why: 'a place is a file or folder of the target, and becomes the scope of a task',
  fix: 'leave it out: name the others with --over-file, a path a line',
});

const noMatch = (glob: string, { files }: Tree): Problem => ({
  code: 'SW0101',
  what: `nothing of the target matches ${shown(glob)}`,
  where: '--over',
  why:
    scopeProblem(glob) ??
    (files.length === 0
      ? 'the target has no files'
      : 'it is matched with every file from the top of the repository, and with / at its end with every folder'),
  fix: `git ls-files ${shellWord(`:(glob)${glob.startsWith('**/') ? glob : `**/${glob}`}`)}`,
});

const emptyList = (file: string): Problem => ({
  code: 'SW0101',
  what: `${sanitizeLine(file, 200)} names no place`,
  where: '--over-file',
  fix: `git ls-files > ${shellWord(file)}   # and leave in it what is meant`,
});

function notThere(missing: readonly string[], file: string, { files, folders }: Tree): Problem {
  const meant = nearestWord(missing[0]!, [...files, ...folders]);
  const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : '';
  return {
    code: 'SW0101',
    what: `the target has no ${missing.slice(0, NAMED_MAX).map(shown).join(', ')}${more}`,
    where: file,
    why: 'places are read from the target’s last commit, not from the checkout',
    fix: meant === undefined ? 'git ls-files' : `${meant}   # is there`,
  };
}

const tooMany = (count: number, most: number): Problem => ({
  code: 'SW0105',
  what: `${count} places are more than one run takes`,
  where: '--over',
  why: `a run has at most ${TASKS_MAX} tasks, and here ${most} are left for places`,
  fix: 'name fewer, in several runs',
});
