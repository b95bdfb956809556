/** Go over a proxy of files: what each version asks for, and its archive. */
import { join } from 'node:path';
import { type Manager, type Place, writeFiles } from './manager.ts';
import { type Habits, NAMES, type Needs, type Project, type Release } from './universe.ts';
import { zipOf } from './zip.ts';

/** A version that one side raises is mostly given back, so most ask for the first of a major one. */
const HABITS: Habits = {
  hasPeers: false,
  rangeOf: (version, chance) => (chance.is(0.9) ? `${version[0]}.0.0` : version),
};

const moduleOf = (name: string, version: string): string => {
  const major = version.slice(0, version.indexOf('.'));
  return `example.test/${name}${Number(major) > 1 ? `/v${major}` : ''}`;
};

function modOf(module: string, go: string, needs: Needs): string {
  const lines = Object.entries(needs).map(([name, version]) => `\t${moduleOf(name, version)} v${version}\n`);
  const list = lines.length > 0 ? `\nrequire (\n${lines.sort().join('')})\n` : '';
  return `module ${module}\n\ngo ${go}\n${list}`;
}

const sourceOf = (needs: Needs): string =>
  [
    'package lib\n',
    ...Object.entries(needs).map(([name, version]) => `import _ "${moduleOf(name, version)}"\n`),
  ].join('\n');

function provide(releases: readonly Release[], { cache }: Place): void {
  const listed = Map.groupBy(releases, ({ name, version }) => moduleOf(name, version));
  for (const [module, list] of listed) {
    const at = join(cache, 'proxy', module, '@v');
    const versions = list.map(({ version }) => `v${version}\n`);
    writeFiles(at, { list: versions.join('') });
    for (const { version, needs } of list) {
      const mod = modOf(module, '1.16', needs);
      const files = { 'go.mod': mod, 'lib.go': sourceOf(needs) };
      const zip = zipOf(
        Object.fromEntries(
          Object.entries(files).map(([name, text]) => [`${module}@v${version}/${name}`, text]),
        ),
      );
      writeFiles(at, {
        [`v${version}.info`]: JSON.stringify({ Version: `v${version}`, Time: '2020-01-01T00:00:00Z' }),
        [`v${version}.mod`]: mod,
        [`v${version}.zip`]: zip,
      });
    }
  }
}

/** One module; each package that there is may be imported by a file of its own. */
function manifests(project: Project): Readonly<Record<string, string>> {
  const needs = Object.assign(
    {},
    ...[...project.values()].flatMap((asked) => [asked.dev, asked.needs]),
  ) as Needs;
  const files: Record<string, string> = { 'go.mod': modOf('example.test/project', '1.19', needs) };
  for (const name of NAMES) files[`${name}.go`] = sourceOf(name in needs ? { [name]: needs[name]! } : {});
  return files;
}

const environment = ({ cache }: Place) => ({
  env: {
    GOPROXY: `file://${join(cache, 'proxy')}`,
    GOMODCACHE: join(cache, 'modules'),
    GOCACHE: join(cache, 'build'),
    GOFLAGS: '-modcacherw',
    GOSUMDB: 'off',
    GOTOOLCHAIN: 'local',
  },
});

export const go: Manager = {
  name: 'go',
  lock: 'go.sum',
  habits: HABITS,
  provide,
  manifests,
  rewrites: ['go.mod'],
  make: (place) => ({ argv: ['go', 'mod', 'tidy'], ...environment(place) }),
  check: (place) => ({
    argv: ['sh', '-c', 'go list -mod=readonly -deps ./... && go mod verify'],
    ...environment(place),
  }),
  isHere: { argv: ['go', 'version'] },
};
