/** Which key an endpoint is asked with: of a variable, a file of the operator's own, or what a command prints. */
import { join } from 'node:path';
import type { Environment } from '../finding/paths.ts';
import { keyInFile, keyPrinted, keyPrintedLater, type Read } from './key-reading.ts';
import { type KeySource, refusal } from './key-words.ts';

/** What a command printed, for as long as the process has this environment: a keychain asks its person once a run. */
const printed = new WeakMap<Environment, Map<string, string>>();

/**
 * Undefined without a source, and for a variable that is not set. Errors: SW0403 for a file or a command that gives
 * none, and for a key that no HTTP header can carry: what would say so later prints it whole.
 */
export function keyOf(source: KeySource, env: Environment): string | undefined {
  const { keyEnv, keyFile, keyCommand } = source;
  if (keyFile !== undefined) return usable(keyInFile(inHome(keyFile, env)), source);
  if (keyCommand !== undefined) return printedOnce(keyCommand, env);
  const key = keyEnv === undefined ? undefined : env[keyEnv];
  return key ? usable(key, source) : key;
}

/**
 * Asks a command for a key anew. Errors: SW0403, as for the first.
 * @returns a key that this process knows from now on.
 */
export async function keyAnew(keyCommand: readonly string[], env: Environment): Promise<string> {
  const key = usable(await keyPrintedLater(keyCommand, env), { keyCommand });
  printed.get(env)?.set(JSON.stringify(keyCommand), key);
  return key;
}

function printedOnce(keyCommand: readonly string[], env: Environment): string {
  const known = printed.get(env) ?? new Map<string, string>();
  printed.set(env, known);
  const name = JSON.stringify(keyCommand);
  const key = known.get(name) ?? usable(keyPrinted(keyCommand, env), { keyCommand });
  known.set(name, key);
  return key;
}

const inHome = (path: string, { HOME }: Environment): string =>
  path.startsWith('~/') ? join(HOME ?? '/', path.slice(2)) : path;

function usable(read: Read, source: KeySource): string {
  if (typeof read !== 'string') throw refusal(source, read);
  if (/^[\x21-\x7e\x80-\xff]+(?: +[\x21-\x7e\x80-\xff]+)*$/.test(read)) return read;
  throw refusal(source, {
    why: 'it holds a line break, a blank at an end, or another character that no HTTP header can carry',
    ...(source.keyEnv && {
      fix: `export ${source.keyEnv}="$(printf %s "$${source.keyEnv}" | tr -d '[:space:]')"`,
    }),
  });
}
