/**
 * Joins two Cargo.lock (version 3 or 4): read as packages and what each depends on, merged, cut to what is reached
 * from the packages of the project, and written as cargo writes it. One crate in two versions that are compatible
 * would be resolved anew by cargo, and is given back; so is a dependency a side took from a crate it kept.
 */
import { areCompatible } from '../semver-range.ts';
import type { Lines, Texts } from '../texts.ts';
import { splitLines } from '../texts.ts';
import type { Around } from './around.ts';

interface Crate {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly checksum: string;
  /** Ids, by nothing but themselves. */
  readonly needs: ReadonlySet<string>;
}
type Crates = ReadonlyMap<string, Crate>;
interface Lock {
  readonly head: Lines;
  readonly crates: Crates;
}

export function joinCargoLock(texts: Texts, around?: Around): string | undefined {
  const lines = splitLines(texts);
  if (!lines || texts.base === undefined || (around && !patchesAlike(around))) return undefined;
  const [base, ours, theirs] = [lines.base, lines.ours, lines.theirs].map(read);
  if (!base || !ours || !theirs) return undefined;
  const heads = new Set([base, ours, theirs].map(({ head }) => head.join('\n')));
  const joined = heads.size === 1 ? join(base.crates, ours.crates, theirs.crates) : undefined;
  return joined && lines.join([...ours.head, ...write(joined)]);
}

/** A patch one side brought was not applied to what the other added. */
function patchesAlike({ ours, theirs }: Around): boolean {
  const said = (text = ''): string =>
    text
      .split(/^(?=\[)/m)
      .filter((table) => /^\[(?:patch|replace)\b/.test(table))
      .join('');
  return said(ours.get('Cargo.toml')) === said(theirs.get('Cargo.toml'));
}

// ───────────── reading ─────────────

const HEADING = '[[package]]';
const FIELD = /^(name|version|source|checksum) = "([^"\\]*)"$/;
const NEED = /^ "([^" ]+)(?: ([^" ]+))?(?: \(([^"()]+)\))?",$/;

function read(lines: Lines): Lock | undefined {
  const first = lines.indexOf(HEADING);
  const head = first < 0 ? lines : lines.slice(0, first);
  if (!head.some((line) => /^version = [34]$/.test(line)) || head.some((line) => line.startsWith('[')))
    return undefined;
  const raw: RawCrate[] = [];
  for (const part of partsOf(first < 0 ? [] : lines.slice(first))) {
    const crate = readCrate(part);
    if (!crate) return undefined;
    raw.push(crate);
  }
  const crates = tied(raw);
  return crates && { head, crates };
}

type Reference = readonly [name: string, version: string | undefined, source: string | undefined];

interface RawCrate extends Omit<Crate, 'needs'> {
  readonly needs: readonly Reference[];
}

function partsOf(lines: Lines): readonly Lines[] {
  const starts = lines.flatMap((line, i) => (line === HEADING ? [i] : []));
  return starts.map((start, i) => lines.slice(start + 1, starts[i + 1]).filter((line) => line !== ''));
}

/** Undefined: it holds what this does not know. */
function readCrate(lines: Lines): RawCrate | undefined {
  const fields = new Map<string, string>();
  const needs: Reference[] = [];
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    const need = NEED.exec(line);
    if (name !== undefined && !fields.has(name)) fields.set(name, value!);
    else if (need) needs.push([need[1]!, need[2], need[3]]);
    else if (line !== 'dependencies = [' && line !== ']') return undefined;
  }
  const [name = '', version = '', source = ''] = ['name', 'version', 'source'].map((key) => fields.get(key));
  return {
    id: idOf(name, version, source),
    name,
    version,
    source,
    checksum: fields.get('checksum') ?? '',
    needs,
  };
}

const idOf = (name: string, version: string, source: string): string => `${name} ${version} ${source}`;

/** A reference says as much as it takes to tell the crate from others of this lockfile. */
function tied(raw: readonly RawCrate[]): Crates | undefined {
  const named = new Map<string, RawCrate[]>();
  for (const crate of raw) named.set(crate.name, [...(named.get(crate.name) ?? []), crate]);
  const crates = new Map<string, Crate>();
  for (const crate of raw) {
    const needs = new Set<string>();
    for (const [name, version, source] of crate.needs) {
      const meant = (named.get(name) ?? []).filter(
        (it) =>
          (version ?? it.version) === it.version && (source === undefined || it.source.startsWith(source)),
      );
      if (meant.length !== 1) return undefined;
      needs.add(meant[0]!.id);
    }
    if (crates.has(crate.id)) return undefined;
    crates.set(crate.id, { ...crate, needs });
  }
  return crates;
}

// ───────────── joining ─────────────

function join(base: Crates, ours: Crates, theirs: Crates): Crates | undefined {
  const all = new Map<string, Crate>();
  for (const id of new Set([...ours.keys(), ...theirs.keys()])) {
    const [was, one, two] = [base.get(id), ours.get(id), theirs.get(id)];
    const crate = one && two ? joinCrate(was, one, two) : kept(was, (one ?? two)!);
    if (crate === 'conflict') return undefined;
    if (crate) all.set(id, crate);
  }
  const reached = reachedFrom(all);
  const joined = reached && new Map([...all].filter(([id]) => reached.has(id)));
  return joined && hasOneOfEach([...joined.values()]) ? joined : undefined;
}

/** A package of the project that one side removed is gone; any other crate is kept while something leads to it. */
function kept(was: Crate | undefined, crate: Crate): Crate | undefined | 'conflict' {
  if (!was) return crate;
  if (crate.source === '') return sameNeeds(was, crate) ? undefined : 'conflict';
  return crate;
}

const sameNeeds = (a: Crate, b: Crate): boolean =>
  a.needs.size === b.needs.size && [...a.needs].every((id) => b.needs.has(id));

function joinCrate(was: Crate | undefined, one: Crate, two: Crate): Crate | 'conflict' {
  if (one.checksum !== two.checksum) return 'conflict';
  if (sameNeeds(one, two)) return one;
  if (!was) return 'conflict';
  const needs = new Set([...was.needs].filter((id) => one.needs.has(id) && two.needs.has(id)));
  for (const side of [one, two]) for (const id of side.needs) if (!was.needs.has(id)) needs.add(id);
  const lost = [...namesOf(was.needs).keys()].filter((name) =>
    [one, two].some((side) => !namesOf(side.needs).has(name)),
  );
  // A crate from elsewhere loses a dependency when a feature goes; the other side may have come to need it.
  if (one.source !== '' && lost.length > 0) return 'conflict';
  // What one side dropped, the other moved to another version: its new reference is no new dependency.
  if (lost.some((name) => namesOf(needs).has(name))) return 'conflict';
  return hasOneVersionEach(needs, was, one, two) ? { ...one, needs } : 'conflict';
}

/** How often each name stands among the ids. */
function namesOf(ids: ReadonlySet<string>): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const id of ids) {
    const name = id.slice(0, id.indexOf(' '));
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  return names;
}

/** No side's dependency on a crate became two. */
function hasOneVersionEach(needs: ReadonlySet<string>, ...sides: readonly Crate[]): boolean {
  const most = (name: string): number => Math.max(...sides.map((side) => namesOf(side.needs).get(name) ?? 0));
  return [...namesOf(needs)].every(([name, times]) => times <= most(name));
}

/** Undefined: a reference has no entry. */
function reachedFrom(crates: Crates): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  const open = [...crates.values()].filter(({ source }) => source === '').map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const crate = crates.get(id);
    if (!crate) return undefined;
    open.push(...crate.needs);
  }
  return found;
}

/** Cargo picks one version of all that are compatible. */
function hasOneOfEach(crates: readonly Crate[]): boolean {
  const byName = new Map<string, Crate[]>();
  for (const crate of crates) byName.set(crate.name, [...(byName.get(crate.name) ?? []), crate]);
  return [...byName.values()].every((same) =>
    same.every((a, i) => same.slice(i + 1).every((b) => areCompatible(a.version, b.version) === false)),
  );
}

// ───────────── writing ─────────────

function write(crates: Crates): Lines {
  const all = [...crates.values()].sort(byId);
  const counts = new Map<string, number>();
  for (const { name, version } of all)
    for (const key of [name, `${name} ${version}`]) counts.set(key, (counts.get(key) ?? 0) + 1);
  const reference = ({ name, version, source }: Crate): string => {
    if (counts.get(name) === 1) return name;
    const plain = `${name} ${version}`;
    return counts.get(plain) === 1 || source === '' ? plain : `${plain} (${source.replace(/#.*$/, '')})`;
  };
  return all
    .flatMap((crate) => {
      const needs = [...crate.needs]
        .map((id) => crates.get(id)!)
        .sort(byId)
        .map(reference);
      return [
        HEADING,
        ...(['name', 'version', 'source', 'checksum'] as const)
          .filter((field) => crate[field] !== '')
          .map((field) => `${field} = "${crate[field]}"`),
        ...(needs.length > 0 ? ['dependencies = [', ...needs.map((need) => ` "${need}",`), ']'] : []),
        '',
      ];
    })
    .slice(0, -1);
}

function byId(a: Crate, b: Crate): number {
  return compare(a.name, b.name) || byVersion(a.version, b.version) || compare(a.source, b.source);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function byVersion(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => text.split(/[.+-]/));
  for (let i = 0; i < 3; i++) {
    const difference = Number(first![i]) - Number(second![i]);
    if (difference) return difference;
  }
  return compare(a, b);
}
