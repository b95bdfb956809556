/** Secrets of this operator that are known by value, so that they can be looked for in whatever leaves the sandbox. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownSecret } from '@swarm/telemetry';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';
import type { KeySource } from './key-words.ts';
import { keyOf } from './keys.ts';

interface Named {
  readonly config: {
    readonly endpoints: readonly KeySource[];
    readonly shown?: Config['shown'];
    readonly mcp?: Config['mcp'];
  };
}

/** Where programs of the operator keep tokens, below the home folder, and what a token looks like there. */
const FILES: readonly (readonly [string, RegExp])[] = [
  ['.npmrc', /:?_(?:authToken|password|auth)\s*=\s*"?([^\s"]+)/g],
  ['.yarnrc.yml', /npmAuth(?:Token|Ident):\s*["']?([^\s"']+)/g],
  ['.netrc', /\bpassword\s+(\S+)/g],
  ['.git-credentials', /:\/\/[^:@/\s]*:([^@/\s]+)@/g],
  ['.config/git/credentials', /:\/\/[^:@/\s]*:([^@/\s]+)@/g],
  ['.pypirc', /^\s*password\s*[=:]\s*(\S+)/gm],
  ['.cargo/credentials.toml', /token\s*=\s*"([^"]+)"/g],
  ['.cargo/credentials', /token\s*=\s*"([^"]+)"/g],
  ['.config/gh/hosts.yml', /oauth_token:\s*["']?([^\s"']+)/g],
  ['.composer/auth.json', /"(?:github-oauth|password|token|[\w.-]+)"\s*:\s*"([^"]+)"/g],
  ['.docker/config.json', /"(?:auth|identitytoken)"\s*:\s*"([^"]+)"/g],
];
const FILE_BYTES_MAX = 1024 * 1024;

/** Keys of endpoints, what setup alone is given, and tokens in the operator's own files. Errors: those of keyOf. */
export function knownSecrets(file: Named, env: Environment): KnownSecret[] {
  const { endpoints, shown, mcp = [] } = file.config;
  const variables = [
    ...endpoints.flatMap(({ keyEnv }) => keyEnv ?? []),
    ...(shown?.setupEnv ?? []),
    ...mcp.flatMap(({ env: names, keyEnv }) => [...names, ...(keyEnv ? [keyEnv] : [])]),
  ];
  const given = [...new Set(variables)].map((name) => ({ name, value: env[name] ?? '' }));
  const elsewhere = endpoints.filter(({ keyEnv }) => keyEnv === undefined);
  return [
    ...given,
    ...elsewhere.map((e) => ({ name: 'the key of an endpoint', value: keyOf(e, env) ?? '' })),
    ...(env.HOME ? FILES.flatMap(([path, token]) => inFile(env.HOME!, path, token)) : []),
  ].filter(({ value }) => looksSecret(value));
}

/**
 * Variables hold more than secrets: a word, a path or an address would be found in honest work. A key has digits and
 * letters in it, and nobody can hold back what has not.
 */
export const looksSecret = (value: string): boolean =>
  value.length >= 8 &&
  /\d/.test(value) &&
  /[a-z]/i.test(value) &&
  !/^(?:[./~]|[a-z][\w+.-]*:\/\/[^@]*$)/i.test(value) &&
  !/^v?\d+(?:\.\d+)+[\w.+-]*$/.test(value);

function inFile(home: string, path: string, token: RegExp): KnownSecret[] {
  const text = textOf(join(home, path));
  return [...text.matchAll(token)].map(([, value = '']) => ({ name: `a token in ~/${path}`, value }));
}

/** What is not there, or not ours to read, keeps no secret of a run. */
function textOf(file: string): string {
  try {
    const facts = statSync(file);
    return facts.isFile() && facts.size <= FILE_BYTES_MAX ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
