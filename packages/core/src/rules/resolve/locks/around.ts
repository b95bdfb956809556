/** What stands around a lockfile, and must agree with it. */

/** Texts of manifests (package.json, Cargo.toml …) at the lockfile's folder and below, by path from there. */
export type Manifests = ReadonlyMap<string, string>;

export interface Around {
  readonly ours: Manifests;
  readonly theirs: Manifests;
  /** After everything else was merged. */
  readonly merged: Manifests;
}

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object of strings that stands under a name; empty when there is none. */
export function stringsOf(fields: Fields, name: string): ReadonlyMap<string, string> {
  const found = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!isFields(found)) return new Map();
  return new Map(
    Object.entries(found).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

export function parseFields(text: string | undefined): Fields | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Fields of a package.json that change what every other dependency is resolved to. */
const STEERING = [
  'overrides',
  'resolutions',
  'pnpm',
  'catalog',
  'catalogs',
  'dependenciesMeta',
  'installConfig',
];

/**
 * True when both sides resolved under the same rules. One side's new override was not applied to what the other
 * added.
 */
export function steersAlike({ ours, theirs }: Around): boolean {
  const said = (manifests: Manifests): string => {
    const root = parseFields(manifests.get('package.json')) ?? {};
    return JSON.stringify(STEERING.map((name) => root[name] ?? null));
  };
  return said(ours) === said(theirs);
}

/** Entries with the same keys and values, in any order. */
export function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
