/** Questions to a person, asked only where one is there, and answers that are remembered. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SwarmError } from '@swarm/core/errors';
import { OPEN } from '../config/sandboxes.ts';
import { type Environment, stateHome } from '../finding/paths.ts';
import { writeWhole } from '../running/run-files.ts';

/** Somebody reads stderr and types on stdin. */
export const isSomebodyThere = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/**
 * One line a person types; undefined at the end of input, or when `signal` fires. The terminal stays as it is (its own
 * line editing, Ctrl-C a signal), so there is nothing to put back however this process ends, `kill -9` included.
 */
export function askLine(question: string, signal?: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, terminal: false });
    const settle = (line: string | undefined): void => {
      signal?.removeEventListener('abort', leave);
      // Before closing: that says `close`, which would be the answer otherwise.
      resolve(line);
      lines.close();
    };
    const leave = (): void => settle(undefined);
    lines.once('line', settle);
    lines.once('close', leave);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted || process.stdin.readableEnded) leave();
    else process.stderr.write(`${question} `);
  });
}

/** Anything but a yes is a no. */
export async function askYesNo(question: string): Promise<boolean> {
  return isYes(await askLine(`${question} [y/N]`));
}

export const isYes = (line: string | undefined): boolean => /^y(es)?$/i.test((line ?? '').trim());

/** Errors: SW0101 where nobody is there to be asked and nothing was said beforehand. */
export function requireSomebody(what: string, fix: string): void {
  if (isSomebodyThere()) return;
  throw new SwarmError({ code: 'SW0101', what, why: 'there is no terminal to ask on', fix });
}

/** The answer, or what stands in brackets where only Enter was pressed. */
export async function askText(question: string, standing: string): Promise<string> {
  const line = await askLine(`${question} [${standing}]`);
  return line?.trim() || standing;
}

/** @param keys key paths the repository's own configuration sets and only a trusted one may. */
export const askToTrust = (keys: readonly string[]): Promise<boolean> =>
  askYesNo(`The repository wants to choose ${keys.join(', ')}. Have you read them, and do you trust them?`);

const choicesFile = (env: Environment): string => join(stateHome(env), 'choices.json');

/** Whether this machine's operator said that agents may run with no isolation. */
export async function mayRunOpen(env: Environment, why: string): Promise<boolean> {
  if (await remembersOpen(env)) return true;
  if (!isSomebodyThere()) return false;
  const question = `No working sandbox: ${why}.\nRun agents and gates with no isolation, as you, on this machine from now on?`;
  if (!(await askYesNo(question))) return false;
  await writeWhole(choicesFile(env), `${JSON.stringify({ sandbox: OPEN })}\n`);
  return true;
}

/** Whether no isolation was chosen on this machine before; asks nobody. */
export async function remembersOpen(env: Environment): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(choicesFile(env), 'utf8')) as { sandbox?: unknown }).sandbox === OPEN;
  } catch {
    return false;
  }
}
