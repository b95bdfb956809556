/** What is told of an endpoint's key: why it cannot be used, and what gives a valid one. Nothing of the key itself. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { EndpointConfig } from '../config/resolved.ts';
import { shellWord } from '../telling/shell.ts';

export type KeySource = Pick<EndpointConfig, 'keyEnv' | 'keyFile' | 'keyCommand'>;

/** Why it cannot be used, and, where there is one, a better fix than a valid key. */
export interface Unusable {
  readonly why: string;
  readonly fix?: string;
}

export function refusal(source: KeySource, about: Unusable): SwarmError {
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

/** For the doctor, beside what else the endpoint says; empty for a key from a variable, or none. */
export function keyOrigin({ keyFile, keyCommand }: KeySource): string {
  if (keyFile !== undefined) return `its key is in ${keyFile}`;
  if (keyCommand === undefined) return '';
  return `its key is what ${keyCommand[0]} prints, which is asked again when a key that worked is rejected`;
}
