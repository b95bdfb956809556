/** Where an endpoint's key comes from: a variable, a file of the operator's own, or what a command prints. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { EndpointConfig } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';
import { shellWord } from '../telling/shell.ts';

export type KeySource = Pick<EndpointConfig, 'keyEnv' | 'keyFile' | 'keyCommand'>;

/** A keychain may ask its person first. */
const COMMAND_MS = 60_000;
const KEY_BYTES_MAX = 16 * 1024;
const BOUNDS = {
  encoding: 'utf8',
  timeout: COMMAND_MS,
  killSignal: 'SIGKILL',
  maxBuffer: KEY_BYTES_MAX,
} as const;
/** What a command printed, for as long as the process has this environment: a keychain asks its person once a run. */
const printed = new WeakMap<Environment, Map<string, string>>();

/**
 * Undefined without a source, and for a variable that is not set. Errors: SW0403 for a file or a command that gives
 * none, and for a key that no HTTP header can carry: what would say so later prints it whole.
 */
export function keyOf(source: KeySource, env: Environment): string | undefined {
  const key = givenBy(source, env);
  return key ? usable(key, source) : key;
}

function usable(key: string, source: KeySource): string {
  if (/^[\x21-\x7e\x80-\xff]+(?: +[\x21-\x7e\x80-\xff]+)*$/.test(key)) return key;
  throw refusal(source, {
    why: 'it holds a line break, a blank at an end, or another character that no HTTP header can carry',
    ...(source.keyEnv && {
      fix: `export ${source.keyEnv}="$(printf %s "$${source.keyEnv}" | tr -d '[:space:]')"`,
    }),
  });
}

function givenBy({ keyEnv, keyFile, keyCommand }: KeySource, env: Environment): string | undefined {
  if (keyFile !== undefined) return inFile(keyFile, env);
  if (keyCommand !== undefined) return printedOnce(keyCommand, env);
  return keyEnv === undefined ? undefined : env[keyEnv];
}

// ───────────── files ─────────────

function inFile(keyFile: string, env: Environment): string {
  const path = keyFile.startsWith('~/') ? join(env.HOME ?? '/', keyFile.slice(2)) : keyFile;
  const source = { keyFile };
  let fd: number;
  try {
    // A pipe that nobody writes into must not hold the start up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw refusal(source, { why: (error as Error).message });
  }
  try {
    const why = unfit(fd);
    if (why !== undefined) throw refusal(source, { why, fix: `chmod 600 ${shellWord(path)}` });
    return required(readFileSync(fd, 'utf8').trim(), source, 'it is empty');
  } finally {
    closeSync(fd);
  }
}

/** What was opened is looked at, not what has the name by then. */
function unfit(fd: number): string | undefined {
  const facts = fstatSync(fd);
  if (!facts.isFile()) return 'it is no file';
  if (facts.uid !== process.getuid?.()) return 'it belongs to another user';
  if ((facts.mode & 0o077) !== 0) return 'others may read or write it';
  return facts.size > KEY_BYTES_MAX ? `it is larger than ${KEY_BYTES_MAX} bytes` : undefined;
}

// ───────────── commands ─────────────

function printedOnce(command: readonly string[], env: Environment): string {
  const known = printed.get(env) ?? new Map<string, string>();
  printed.set(env, known);
  const name = JSON.stringify(command);
  const key = known.get(name) ?? printedBy(command, env);
  known.set(name, key);
  return key;
}

/**
 * Asks a command for a key anew, beside whatever else goes on. Errors: SW0403, as for the first.
 * @returns a key that this process knows from now on.
 */
export async function keyAnew(command: readonly string[], env: Environment): Promise<string> {
  const [program, ...words] = command;
  const text = await new Promise<string>((give, refuse) => {
    execFile(program!, words, { env, ...BOUNDS }, (error, stdout) =>
      error ? refuse(refusal({ keyCommand: command }, { why: 'it fails now' })) : give(stdout),
    ).stdin?.end();
  });
  const source = { keyCommand: command };
  const key = usable(required(text.trim(), source, 'it printed nothing'), source);
  printed.get(env)?.set(JSON.stringify(command), key);
  return key;
}

/** Nothing it printed is repeated: half of it may be the key. */
function printedBy(keyCommand: readonly string[], env: Environment): string {
  const [program, ...words] = keyCommand;
  const { error, status, signal, stdout } = spawnSync(program!, words, {
    env,
    ...BOUNDS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const source = { keyCommand };
  if (error) throw refusal(source, { why: failureText(error) });
  if (status !== 0) throw refusal(source, { why: `it ended with ${signal ?? status}` });
  return required(stdout.trim(), source, 'it printed nothing');
}

function failureText(error: Error & { readonly code?: string }): string {
  if (error.code === 'ETIMEDOUT') return `it did not end within ${COMMAND_MS / 1000} s`;
  if (error.code === 'ENOBUFS') return `it printed more than ${KEY_BYTES_MAX} bytes`;
  return error.code === 'ENOENT' ? 'there is no such program' : error.message;
}

// ───────────── what is told ─────────────

function required(key: string, source: KeySource, why: string): string {
  if (key !== '') return key;
  throw refusal(source, { why });
}

function refusal(source: KeySource, about: { readonly why: string; readonly fix?: string }): SwarmError {
  const problem: Problem = {
    code: 'SW0403',
    what: `the key ${placeOf(source)} cannot be used`,
    where: source.keyFile ?? source.keyCommand?.[0] ?? source.keyEnv!,
    fix: keyFix(source),
    ...about,
  };
  return new SwarmError(problem);
}

function placeOf({ keyEnv, keyFile, keyCommand }: KeySource): string {
  if (keyFile !== undefined) return `in ${keyFile}`;
  return keyCommand === undefined ? `in ${keyEnv}` : `that ${keyCommand[0]} prints`;
}

/** What gives the endpoint a valid key. @param which the kind of key that is wanted. */
export function keyFix({ keyEnv, keyFile, keyCommand }: KeySource, which = 'a valid key'): string {
  if (keyFile !== undefined) return `(umask 077; printf %s '<${which}>' > ${fileWord(keyFile)})`;
  if (keyCommand !== undefined) return `${keyCommand.map(shellWord).join(' ')}   # has to print ${which}`;
  return `export ${keyEnv ?? 'OPENAI_API_KEY'}=<${which}>`;
}

/** The shell fills in the home folder only where it is not quoted. */
const fileWord = (path: string): string =>
  path.startsWith('~/') ? `~/${shellWord(path.slice(2))}` : shellWord(path);
