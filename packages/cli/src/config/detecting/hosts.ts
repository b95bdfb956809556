/**
 * Hosts that setup of a project needs besides its registries, by what its manifests say: dependencies by git, registries
 * of its own, packages that fetch a program when they are installed. Pure. All of it is the repository's word: it is
 * asked for, never taken.
 */
import { isHostName, isRegistry } from '@swarm/sandbox';
import { type Folder, has, jsonTable, tableOf, textOf } from './folder.ts';
import { REQUIREMENTS } from './python-needs.ts';

export interface WantedHost {
  /** As `sandbox.egress` names it. */
  readonly host: string;
  /** A clause: which file says so. */
  readonly why: string;
  /** It is in swarm's own table: hosts that projects of all kinds are fetched from. */
  readonly isCommon: boolean;
}

const GITHUB = ['github.com', 'codeload.github.com'];
const RELEASES = ['github.com', 'release-assets.githubusercontent.com'];
const COMMON = new Set([
  ...[...GITHUB, ...RELEASES, 'api.github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org'],
  ...['nodejs.org', 'download.cypress.io', 'storage.googleapis.com', 'static.rust-lang.org'],
]);

/** Packages that fetch a program of theirs when they are installed, and where from. */
const FETCHERS: Readonly<Record<string, readonly string[]>> = {
  electron: RELEASES,
  cypress: ['download.cypress.io'],
  puppeteer: ['storage.googleapis.com'],
  'better-sqlite3': RELEASES,
};

/** More than any project has by hand. */
const MOST = 16;

/** @param folders the one somebody stands in, then those around it. */
export function hostsWanted(folders: readonly Folder[]): readonly WantedHost[] {
  const found = new Map<string, WantedHost>();
  for (const [hosts, why] of folders.flatMap((folder) => READERS.flatMap((read) => read(folder))))
    for (const host of hosts)
      if (!found.has(host) && isOffered(host)) found.set(host, { host, why, isCommon: COMMON.has(host) });
  return [...found.values()].slice(0, MOST);
}

/** No address and no name of this machine's own network is ever offered. */
const isOffered = (host: string): boolean =>
  isHostName(host) &&
  !isRegistry(host) &&
  /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z](?::\d+)?$/.test(host) &&
  !/\.(?:local|localhost|internal|lan|home|arpa)(?::|$)/.test(host);

type Said = readonly [hosts: readonly string[], why: string];
type Reader = (folder: Folder) => readonly Said[];

const READERS: readonly Reader[] = [packages, npmSettings, python, cargo, composer, gradle];

function packages(folder: Folder): readonly Said[] {
  const manifest = jsonTable(textOf(folder, 'package.json'));
  const all = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((key) =>
    Object.entries(tableOf(manifest[key])),
  );
  return all.flatMap(([name, version]): Said[] => {
    const fetched = Object.hasOwn(FETCHERS, name) ? FETCHERS[name]! : [];
    const hosts = typeof version === 'string' ? [...gitHosts(version), ...fetched] : fetched;
    return hosts.length > 0 ? [[hosts, `${name} of package.json`]] : [];
  });
}

/** `owner/name` is GitHub's, as npm has it; `git+ssh:` has no way out at all. */
function gitHosts(version: string): readonly string[] {
  if (/^(?:github:)?[\w.-]+\/[\w.-]+(?:#.*)?$/.test(version)) return GITHUB;
  if (/^gitlab:/.test(version)) return ['gitlab.com'];
  if (/^bitbucket:/.test(version)) return ['bitbucket.org'];
  return hostsIn(version, /^(?:git\+)?https?:\/\/\S+/g).flatMap((host) =>
    host === 'github.com' ? GITHUB : [host],
  );
}

function npmSettings(folder: Folder): readonly Said[] {
  return [
    [hostsIn(textOf(folder, '.npmrc'), /^\s*(?:@[\w.-]+:)?registry\s*=\s*(\S+)/gm), '.npmrc'],
    [
      hostsIn(textOf(folder, '.yarnrc.yml'), /^\s*npmRegistryServer:\s*["']?(\S+?)["']?\s*$/gm),
      '.yarnrc.yml',
    ],
  ];
}

function python(folder: Folder): readonly Said[] {
  const lists = REQUIREMENTS.map((name): Said => {
    const text = textOf(folder, name);
    const asked =
      /^(?:-i|--(?:extra-)?index-url|-f|--find-links)[ =]+(\S+)|(?:^|@ ?)((?:git\+)?https?:\/\/\S+)/gm;
    return [hostsIn(text, asked), name];
  });
  const said = /(?:\b(?:url|git)\s*=\s*["']|@ ?)((?:git\+)?https?:\/\/[^"'\s]+)/g;
  const text = textOf(folder, 'pyproject.toml');
  const tables = text.split(/^(?=\[)/m).filter((part) => !/^\[project\.urls\]/.test(part));
  return [...lists, [hostsIn(tables.join(''), said), 'pyproject.toml']];
}

function cargo(folder: Folder): readonly Said[] {
  return [[hostsIn(textOf(folder, 'Cargo.toml'), /\bgit\s*=\s*"(https:\/\/[^"\s]+)"/g), 'Cargo.toml']];
}

/** Packagist only says where a package lies: most lie on GitHub. */
function composer(folder: Folder): readonly Said[] {
  return has(folder, 'composer.json') ? [[['api.github.com', 'codeload.github.com'], 'composer.json']] : [];
}

/** The wrapper's own registry leads on to GitHub. */
function gradle(folder: Folder): readonly Said[] {
  return has(folder, 'gradlew') ? [[RELEASES, 'gradlew']] : [];
}

/** Hosts of the addresses that a pattern finds: in its first group that there is, or as a whole. */
function hostsIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const found = (match.slice(1).find(Boolean) ?? match[0]).replace(/^git\+/, '');
    const url = URL.canParse(found) ? new URL(found) : undefined;
    return url && /^https?:$/.test(url.protocol) && url.host !== '' ? [url.host] : [];
  });
}
