/** Cargo over a registry of files: an index, and an archive beside it for each version. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Manager, type Place, writeFiles } from './manager.ts';
import { tarOf } from './tar.ts';
import type { Habits, Needs, Project, Release } from './universe.ts';

const HABITS: Habits = {
  hasPeers: false,
  rangeOf: (version, chance) => (chance.is(0.04) ? `=${version}` : chance.is(0.1) ? `~${version}` : version),
};

const table = (needs: Needs): string =>
  Object.entries(needs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, range]) => `${name} = "${range}"\n`)
    .join('');

const manifestOf = (name: string, version: string, needs: Needs, dev: Needs = {}): string =>
  [
    `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n`,
    `[dependencies]\n${table(needs)}`,
    `[dev-dependencies]\n${table(dev)}`,
  ].join('\n');

const archiveOf = ({ name, version, needs }: Release): Buffer =>
  gzipSync(
    tarOf({
      [`${name}-${version}/Cargo.toml`]: manifestOf(name, version, needs),
      [`${name}-${version}/src/lib.rs`]: '',
    }),
  );

/** A line of the index. */
const lineOf = (release: Release): string =>
  JSON.stringify({
    name: release.name,
    vers: release.version,
    deps: Object.entries(release.needs).map(([name, range]) => ({
      name,
      req: /^\d/.test(range) ? `^${range}` : range,
      features: [],
      optional: false,
      default_features: true,
      target: null,
      kind: 'normal',
    })),
    cksum: createHash('sha256').update(archiveOf(release)).digest('hex'),
    features: {},
    yanked: false,
  });

function provide(releases: readonly Release[], { cache }: Place): void {
  const at = join(cache, 'registry');
  const byName = Map.groupBy(releases, ({ name }) => name);
  const index = [...byName].map(([name, list]) => [
    `index/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`,
    `${list.map(lineOf).join('\n')}\n`,
  ]);
  writeFiles(at, Object.fromEntries(index));
  writeFiles(
    at,
    Object.fromEntries(
      releases.map((release) => [`${release.name}-${release.version}.crate`, archiveOf(release)]),
    ),
  );
}

function manifests(project: Project, { cache }: Place): Readonly<Record<string, string>> {
  const config = `[source.crates-io]\nreplace-with = "here"\n[source.here]\nlocal-registry = "${join(cache, 'registry')}"\n`;
  const files: Record<string, string> = { '.cargo/config.toml': config };
  for (const [folder, { needs, dev }] of project) {
    const isRoot = folder === '';
    const name = isRoot ? 'project' : folder.split('/').at(-1)!;
    const workspace = isRoot && project.size > 1 ? '\n[workspace]\nmembers = ["packages/*"]\n' : '';
    files[join(folder, 'Cargo.toml')] = manifestOf(name, '0.1.0', needs, dev) + workspace;
    files[join(folder, 'src/lib.rs')] = '';
  }
  return files;
}

export const cargo: Manager = {
  name: 'cargo',
  lock: 'Cargo.lock',
  habits: HABITS,
  provide,
  manifests,
  make: () => ({ argv: ['cargo', 'metadata', '--offline', '--format-version', '1'] }),
  check: () => ({ argv: ['cargo', 'metadata', '--locked', '--offline', '--format-version', '1'] }),
  isHere: { argv: ['cargo', '--version'] },
};
