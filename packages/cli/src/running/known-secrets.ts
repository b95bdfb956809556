/** Secrets of this operator that are known by value, so that they can be looked for in whatever leaves the sandbox. */
import { join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader } from '@swarm/core/ports/git';
import { headerSecrets, type KnownSecret } from '@swarm/telemetry';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';
import type { KeySource } from './key-words.ts';
import { keyOf } from './keys.ts';
import { inEnvFiles, inGitConfig, inHome } from './secret-places.ts';

interface Named {
  readonly repository?: string;
  readonly config: {
    readonly endpoints: readonly KeySource[];
    readonly shown?: Config['shown'];
    readonly mcp?: Config['mcp'];
  };
}

/**
 * Keys of endpoints, what setup alone is given, variables whose names say that they are secret, headers for a
 * collector, and tokens in the operator's own files. Errors: those of keyOf.
 */
export function knownSecrets(file: Named, env: Environment): KnownSecret[] {
  const { endpoints, shown, mcp = [] } = file.config;
  const variables = [
    ...endpoints.flatMap(({ keyEnv }) => keyEnv ?? []),
    ...(shown?.setupEnv ?? []),
    ...mcp.flatMap(({ env: names, keyEnv }) => [...names, ...(keyEnv ? [keyEnv] : [])]),
    ...Object.keys(env).filter((name) => SAYS_SECRET.test(name)),
  ];
  const given = [...new Set(variables)].map((name) => ({ name, value: env[name] ?? '' }));
  const elsewhere = endpoints.filter(({ keyEnv }) => keyEnv === undefined);
  return onceEach([
    ...given,
    ...elsewhere.map((e) => ({ name: 'the key of an endpoint', value: keyOf(e, env) ?? '' })),
    ...Object.entries(env).flatMap(([name, value = '']) => inAddress(name, value)),
    ...headerSecrets(env).map((value) => ({ name: 'a header for the collector of traces', value })),
    ...inHome(env),
    ...(file.repository ? inRepository(file.repository) : []),
  ]);
}

/** A name that says what it holds. */
const SAYS_SECRET =
  /SECRET|PASSWORD|(?:^|_)(?:TOKEN|PASS|PASSWD|PASSPHRASE|API_?KEY|KEY|PAT|CREDENTIALS?|COOKIE|AUTH)$/i;

/** The password of an address: whoever takes it out of there prints it alone. */
const inAddress = (name: string, value: string): KnownSecret[] =>
  [...value.matchAll(/^[a-z][\w+.-]*:\/\/[^:@/\s]*:([^@/\s]+)@/gi)].map(([, password = '']) => ({
    name: `the password in ${name}`,
    value: decoded(password),
  }));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const inRepository = (repository: string): KnownSecret[] =>
  ['.git/config', 'config'].flatMap((path) =>
    inGitConfig(join(repository, path), 'the repository’s configuration'),
  );

/**
 * What files such as `.env` hold that git does not track; what an example beside them shows is no secret.
 * @param base of the run: what it has, agents have.
 */
export async function untrackedSecrets(
  repository: string,
  reader: Pick<RepositoryReader, 'read'>,
  base: CommitId,
): Promise<KnownSecret[]> {
  const found: KnownSecret[] = [];
  const files = inEnvFiles(repository);
  if (files.size === 0) return found;
  const examples = await Promise.all(EXAMPLES.map((name) => reader.read(base, name)));
  for (const [name, secrets] of files) {
    if ((await reader.read(base, name)) !== undefined) continue;
    const own = secrets.flatMap(({ name: variable, value }) => ofEnvFile(variable, value, name));
    found.push(...own.filter(({ value }) => !examples.some((text) => text?.includes(value))));
  }
  return onceEach(found);
}

/** Such a file is mostly settings: `REGION=eu-west-1` is in honest work. */
function ofEnvFile(variable: string, value: string, file: string): readonly KnownSecret[] {
  const name = `${variable} of ${file}`;
  const isSecret = SAYS_SECRET.test(variable) || isRandom(value);
  return [...(isSecret ? [{ name, value }] : []), ...inAddress(name, value)];
}

const isRandom = (value: string): boolean =>
  /^[\w+/=.-]{20,}$/.test(value) && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(value));

const EXAMPLES = ['.env.example', '.env.sample', '.env.template', '.env.dist'];

function onceEach(secrets: readonly KnownSecret[]): KnownSecret[] {
  const known = new Map<string, KnownSecret>();
  for (const secret of secrets)
    if (looksSecret(secret.value) && !known.has(secret.value)) known.set(secret.value, secret);
  return [...known.values()];
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
