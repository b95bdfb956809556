/** Questions to a person, asked only where one is there, and answers that are remembered. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Environment, stateHome } from './paths.ts';
import { writeWhole } from './run-files.ts';

/** Somebody reads stderr and types on stdin. */
export const isSomebodyThere = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Anything but a yes is a no. */
export async function askYesNo(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/** The answer, or what stands in brackets where only Enter was pressed. */
export async function askText(question: string, standing: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`${question} [${standing}] `)).trim() || standing;
  } finally {
    lines.close();
  }
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
  await writeWhole(choicesFile(env), `${JSON.stringify({ sandbox: 'none' })}\n`);
  return true;
}

/** Whether no isolation was chosen on this machine before; asks nobody. */
export async function remembersOpen(env: Environment): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(choicesFile(env), 'utf8')) as { sandbox?: unknown }).sandbox === 'none';
  } catch {
    return false;
  }
}
