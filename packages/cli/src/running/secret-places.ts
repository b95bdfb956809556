/** Where programs of the operator keep keys and tokens on this machine, and what these look like there. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownSecret } from '@swarm/telemetry';
import type { Environment } from '../finding/paths.ts';

/** Of a JSON file: what stands under a name that says so. */
const IN_JSON =
  /"(?:[\w.-]*(?:token|secret|password|api[_-]?key|private_key)[\w.-]*|access|refresh|key|auth)"\s*:\s*"((?:[^"\\]|\\.)+)"/gi;
/** `scheme://name:password@host`. */
const IN_ADDRESS = /:\/\/[^:@/\s]*:([^@/\s]+)@/g;

/** Below the home folder. */
const FILES: readonly (readonly [string, RegExp])[] = [
  ['.npmrc', /:?_(?:authToken|password|auth)\s*=\s*"?([^\s"]+)/g],
  ['.yarnrc.yml', /npmAuth(?:Token|Ident):\s*["']?([^\s"']+)/g],
  ['.netrc', /\bpassword\s+(\S+)/g],
  ['.git-credentials', IN_ADDRESS],
  ['.config/git/credentials', IN_ADDRESS],
  ['.pypirc', /^\s*password\s*[=:]\s*(\S+)/gm],
  ['.cargo/credentials.toml', /token\s*=\s*"([^"]+)"/g],
  ['.cargo/credentials', /token\s*=\s*"([^"]+)"/g],
  ['.config/gh/hosts.yml', /oauth_token:\s*["']?([^\s"']+)/g],
  ['.config/glab-cli/config.yml', /\btoken:\s*["']?([^\s"']+)/g],
  ['.composer/auth.json', /"(?:github-oauth|password|token|[\w.-]+)"\s*:\s*"([^"]+)"/g],
  ['.docker/config.json', /"(?:auth|identitytoken)"\s*:\s*"([^"]+)"/g],
  ['.aws/credentials', /^\s*aws_(?:secret_access_key|session_token)\s*=\s*(\S+)/gm],
  ['.config/gcloud/application_default_credentials.json', IN_JSON],
  ['.kube/config', /^\s*(?:token|client-key-data):\s*["']?([^\s"']+)/gm],
  // Agents that people have logged in with.
  ['.claude/.credentials.json', IN_JSON],
  ['.codex/auth.json', IN_JSON],
  ['.gemini/oauth_creds.json', IN_JSON],
  ['.qwen/oauth_creds.json', IN_JSON],
  ['.config/github-copilot/hosts.json', IN_JSON],
  ['.config/github-copilot/apps.json', IN_JSON],
  ['.local/share/opencode/auth.json', IN_JSON],
  ['.cursor/auth.json', IN_JSON],
];

/** Tokens in those of these files that are there. */
export function inHome(env: Environment): KnownSecret[] {
  const at = (path: string): readonly string[] => placesOf(path, env);
  return [
    ...FILES.flatMap(([path, token]) =>
      at(path).flatMap((file) => tokensIn(textOf(file), token, `a token in ~/${path}`)),
    ),
    ...['.gitconfig', '.config/git/config'].flatMap((path) =>
      at(path).flatMap((file) => inGitConfig(file, `~/${path}`)),
    ),
    ...at('.ssh').flatMap(sshKeys),
  ];
}

/** Programs look in the folders that the environment names for them, too. */
const FOLDERS = [
  ['.config/', 'XDG_CONFIG_HOME'],
  ['.local/share/', 'XDG_DATA_HOME'],
  ['.claude/', 'CLAUDE_CONFIG_DIR'],
  ['.codex/', 'CODEX_HOME'],
] as const;

const placesOf = (path: string, env: Environment): readonly string[] => [
  ...(env.HOME ? [join(env.HOME, path)] : []),
  ...FOLDERS.flatMap(([folder, name]) =>
    env[name] && path.startsWith(folder) ? [join(env[name], path.slice(folder.length))] : [],
  ),
];

const tokensIn = (text: string, token: RegExp, name: string): KnownSecret[] =>
  [...text.matchAll(token)].map(([, value = '']) => ({ name, value: unescaped(value) }));

const unescaped = (value: string): string => value.replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1');

const HEADER = /^\s*extraheader\s*=\s*"?\s*[\w-]+:\s*(?:(basic|bearer|token)\s+)?([^\s"]+)/gim;

/** What includes bring is not followed. */
export function inGitConfig(file: string, shown: string): KnownSecret[] {
  const text = textOf(file);
  const headers = [...text.matchAll(HEADER)].flatMap(([, kind = '', value = '']) =>
    kind.toLowerCase() === 'basic' ? [value, passwordIn(value)] : [value],
  );
  return [
    ...tokensIn(text, IN_ADDRESS, `a password in ${shown}`),
    ...tokensIn(text, /^\s*(?:\w*token|\w*password|smtppass)\s*=\s*"?([^\s"]+)/gim, `a token in ${shown}`),
    ...headers.map((value) => ({ name: `a header in ${shown}`, value })),
  ];
}

const passwordIn = (basic: string): string =>
  Buffer.from(basic, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');

const KEYS_MAX = 32;

function sshKeys(folder: string): KnownSecret[] {
  return namesIn(folder)
    .slice(0, KEYS_MAX * 4)
    .map((name) => ({
      name: `the key ~/.ssh/${name}`,
      value: textOf(join(folder, name)),
      path: join(folder, name),
    }))
    .filter(({ value }) => value.includes('PRIVATE KEY-----'))
    .slice(0, KEYS_MAX)
    .map(({ name, value, path }) => ({ name, value, publicText: textOf(`${path}.pub`) }));
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

const EXAMPLE = /\.(?:example|sample|template|dist|defaults?)$/;

/** Variables of files such as `.env` at the top of a work tree, by the file's name. */
export function inEnvFiles(folder: string): ReadonlyMap<string, readonly Variable[]> {
  const names = namesIn(folder).filter((name) => /^\.env(?:\.[\w.-]+)?$/.test(name) && !EXAMPLE.test(name));
  return new Map(
    names.map((name) => {
      const pairs = textOf(join(folder, name)).matchAll(/^\s*(?:export\s+)?(\w+)\s*=\s*(["']?)(.*?)\2\s*$/gm);
      return [name, [...pairs].map(([, key = '', , value = '']) => ({ name: key, value }))];
    }),
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

const FILE_BYTES_MAX = 1024 * 1024;

/** What is not there, or not ours to read, keeps no secret of a run. */
function textOf(file: string): string {
  try {
    const facts = statSync(file);
    return facts.isFile() && facts.size <= FILE_BYTES_MAX ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
