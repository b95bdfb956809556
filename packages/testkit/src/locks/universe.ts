/** A made-up world of packages, and projects in it that people change side by side. All from one seed. */

/** What a package of the world asks for: name → range. */
export type Needs = Readonly<Record<string, string>>;

export interface Release {
  readonly name: string;
  readonly version: string;
  readonly needs: Needs;
  readonly peers: Needs;
  readonly optional: Needs;
}

/** What one manifest asks for; in a workspace there are several, by folder. */
export interface Asked {
  readonly needs: Needs;
  readonly dev: Needs;
}
export type Project = ReadonlyMap<string, Asked>;

export interface World {
  readonly releases: readonly Release[];
  /** What was released when the project's lockfile was first made. */
  readonly early: readonly Release[];
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  below(end: number): number {
    return Math.floor(this.next() * end);
  }
  is(share: number): boolean {
    return this.next() < share;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const VERSIONS = ['1.0.0', '1.0.1', '1.1.0', '1.2.0', '2.0.0', '2.1.0'];
const PACKAGES = 16;
const nameOf = (number: number): string => `k${String.fromCharCode(97 + number)}-lib`;
export const NAMES = Array.from({ length: PACKAGES }, (_, number) => nameOf(number));

export interface Habits {
  /** Whether packages may ask for peers and optional packages. */
  readonly hasPeers: boolean;
  readonly rangeOf: (version: string, chance: Chance) => string;
}

export const CARET: Habits['rangeOf'] = (version, chance) =>
  chance.is(0.25) ? version : chance.is(0.3) ? `~${version}` : `^${version}`;

export function makeWorld(chance: Chance, { hasPeers, rangeOf }: Habits): World {
  const releases: Release[] = [];
  const early: Release[] = [];
  for (let number = 0; number < PACKAGES; number++) {
    const count = 2 + chance.below(VERSIONS.length - 1);
    for (const [i, version] of VERSIONS.slice(0, count).entries()) {
      const isEarly = i < Math.max(1, count - 2);
      // Only of packages before it: no circle. What was early asks for what was there.
      const some = (most: number): Needs => {
        const found: Record<string, string> = {};
        for (let n = number === 0 ? 0 : chance.below(most + 1); n > 0; n--) {
          const other = chance.pick(
            (isEarly ? early : releases).filter(({ name }) => name !== nameOf(number)),
          );
          found[other.name] = rangeOf(other.version, chance);
        }
        return found;
      };
      const needs = some(3);
      const peers = hasPeers && chance.is(0.08) ? some(1) : {};
      const optional = hasPeers && chance.is(0.12) ? some(1) : {};
      const without = (list: Needs, ...others: readonly Needs[]): Needs =>
        Object.fromEntries(Object.entries(list).filter(([name]) => !others.some((other) => name in other)));
      const release = {
        name: nameOf(number),
        version,
        needs: without(needs, peers, optional),
        peers,
        optional: without(optional, peers),
      };
      releases.push(release);
      if (isEarly) early.push(release);
    }
  }
  return { releases, early };
}

export function makeProject(
  world: World,
  chance: Chance,
  habits: Habits,
  folders: readonly string[],
): Project {
  return new Map(folders.map((folder) => [folder, makeAsked(world, chance, habits)]));
}

function makeAsked(world: World, chance: Chance, { rangeOf }: Habits): Asked {
  const asked = { needs: {} as Record<string, string>, dev: {} as Record<string, string> };
  for (let n = 2 + chance.below(4); n > 0; n--) {
    const { name, version } = chance.pick(world.early);
    if (!(name in asked.needs) && !(name in asked.dev))
      (chance.is(0.25) ? asked.dev : asked.needs)[name] = rangeOf(version, chance);
  }
  return asked;
}

/** One side's work: one to three packages added, moved to another version or removed. */
export function change(project: Project, world: World, chance: Chance, { rangeOf }: Habits): Project {
  const changed = new Map(
    [...project].map(([folder, { needs, dev }]) => [folder, { needs: { ...needs }, dev: { ...dev } }]),
  );
  for (let n = 1 + chance.below(2); n > 0; n--) {
    const asked = changed.get(chance.pick([...changed.keys()]))!;
    const known = [...Object.keys(asked.needs), ...Object.keys(asked.dev)];
    const listOf = (name: string): Record<string, string> => (name in asked.dev ? asked.dev : asked.needs);
    const what = known.length === 0 ? 0 : chance.next();
    if (what < 0.5) {
      const { name, version } = chance.pick(world.releases);
      (known.includes(name) ? listOf(name) : chance.is(0.2) ? asked.dev : asked.needs)[name] = rangeOf(
        version,
        chance,
      );
    } else if (what < 0.85) {
      const name = chance.pick(known);
      const versions = world.releases.filter((release) => release.name === name);
      listOf(name)[name] = rangeOf(chance.pick(versions).version, chance);
    } else {
      const name = chance.pick(known);
      delete listOf(name)[name];
    }
  }
  return changed;
}
