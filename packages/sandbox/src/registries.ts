/**
 * Which registries setup may reach without being told: those of its package managers, by the programs its command names
 * and the manifests of its tree. A tree chooses among these and adds none: what a lockfile, an `.npmrc` or a manifest
 * says of other hosts counts only once the operator names them.
 */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { readAuthority } from './egress-target.ts';
import { decidingFiles } from './environment-need.ts';

interface Manager {
  readonly programs: readonly string[];
  /** Names of manifests and lockfiles. */
  readonly files: readonly (string | RegExp)[];
  readonly hosts: readonly string[];
}

const MANAGERS: readonly Manager[] = [
  {
    programs: ['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'yarnpkg', 'bun', 'bunx', 'corepack'],
    files: ['package.json'],
    // yarn has a name of its own for the same registry, and fetches its later versions from a third.
    hosts: ['registry.npmjs.org', 'registry.yarnpkg.com', 'repo.yarnpkg.com'],
  },
  {
    programs: ['deno'],
    files: ['deno.json', 'deno.jsonc', 'deno.lock'],
    hosts: ['jsr.io', 'npm.jsr.io', 'deno.land', 'registry.npmjs.org'],
  },
  {
    programs: ['pip', 'pipx', 'uv', 'uvx', 'poetry', 'pdm', 'pipenv', 'hatch', 'tox', 'nox'],
    files: ['pyproject.toml', 'setup.py', 'setup.cfg', 'Pipfile', 'tox.ini', /^requirements.*\.(?:txt|in)$/],
    hosts: ['pypi.org', 'files.pythonhosted.org'],
  },
  {
    programs: ['cargo'],
    files: ['Cargo.toml', 'Cargo.lock'],
    hosts: ['index.crates.io', 'static.crates.io', 'crates.io'],
  },
  {
    programs: ['go'],
    files: ['go.mod', 'go.work'],
    hosts: ['proxy.golang.org', 'sum.golang.org'],
  },
  {
    programs: ['mvn', 'mvnw'],
    files: ['pom.xml'],
    hosts: ['repo.maven.apache.org', 'repo1.maven.org'],
  },
  {
    programs: ['gradle', 'gradlew'],
    files: ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'],
    hosts: [
      ...['repo.maven.apache.org', 'repo1.maven.org'],
      ...['plugins.gradle.org', 'plugins-artifacts.gradle.org', 'services.gradle.org'],
    ],
  },
  {
    programs: ['dotnet', 'nuget'],
    files: [/\.(?:cs|fs|vb)proj$/, /\.slnx?$/, 'global.json'],
    hosts: ['api.nuget.org'],
  },
  {
    programs: ['bundle', 'bundler', 'gem'],
    files: ['Gemfile', /\.gemspec$/],
    hosts: ['rubygems.org', 'index.rubygems.org'],
  },
  {
    programs: ['composer'],
    files: ['composer.json'],
    hosts: ['packagist.org', 'repo.packagist.org'],
  },
  {
    programs: ['mix', 'rebar3'],
    files: ['mix.exs', 'rebar.config'],
    hosts: ['hex.pm', 'repo.hex.pm', 'builds.hex.pm'],
  },
];

/** Variables by which the operator tells a package manager of another registry. A repository sets none of them. */
const SETTINGS = [
  /^npm_config_registry$/i,
  /^(?:YARN_NPM_REGISTRY_SERVER|YARN_REGISTRY|COREPACK_NPM_REGISTRY|BUN_CONFIG_REGISTRY)$/,
  /^(?:PIP(?:_EXTRA)?_INDEX_URL|UV_(?:DEFAULT_|EXTRA_)?INDEX(?:_URL)?|PDM_PYPI_URL|PIPENV_PYPI_MIRROR)$/,
  /^POETRY_REPOSITORIES_\w+_URL$/,
  /^(?:CARGO_REGISTRIES_\w+_INDEX|GOPROXY|GOSUMDB|HEX_MIRROR|HEX_API_URL|BUNDLE_MIRROR__\w+)$/,
];

/** Whether a host is a registry that setup with the right package manager reaches without being told. */
export const isRegistry = (host: string): boolean => MANAGERS.some(({ hosts }) => hosts.includes(host));

export interface RegistriesAsk {
  readonly workspace: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The managers that the command names and those of the manifests at the top; where there is none, of those anywhere. */
export async function registriesOf({ workspace, argv }: RegistriesAsk): Promise<readonly string[]> {
  const programs = new Set(argv.flatMap(wordsOf));
  const top = await namesIn(workspace);
  const found = MANAGERS.filter(
    (manager) => manager.programs.some((one) => programs.has(one)) || top.some((name) => isOf(manager, name)),
  );
  return hostsOf(found.length > 0 ? found : await managersBelow(workspace));
}

/** `host:port` of every registry that the operator's own variables name. */
export function registriesNamed(env: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.entries(env).filter(([name]) => SETTINGS.some((setting) => setting.test(name)));
  return values.flatMap(([, value]) => value.match(/https?:\/\/[^\s,|;"']+/g) ?? []).flatMap(authorityIn);
}

function authorityIn(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { host, protocol } = new URL(text);
  const target = readAuthority(host, protocol === 'https:' ? 443 : 80);
  return target ? [`${target.host}:${target.port}`] : [];
}

const hostsOf = (managers: readonly Manager[]): readonly string[] => [
  ...new Set(managers.flatMap(({ hosts }) => hosts)),
];

const isOf = ({ files }: Manager, name: string): boolean =>
  files.some((file) => (typeof file === 'string' ? file === name : file.test(name)));

/** Names of programs in a command line: `.venv/bin/pip3.12` is pip. */
const wordsOf = (text: string): readonly string[] =>
  text.split(/[\s;&|()<>"'`=]+/).map((word) => basename(word).replace(/(?:\d+(?:\.\d+)*|\.cmd|\.exe)$/, ''));

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

async function managersBelow(workspace: string): Promise<readonly Manager[]> {
  const { files } = await decidingFiles(workspace);
  const names = files.map((file) => basename(file));
  return MANAGERS.filter((manager) => names.some((name) => isOf(manager, name)));
}
