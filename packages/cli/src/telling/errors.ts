/** The only place where an error becomes a heading, a hint and an exit code. */
import { ERROR_CODES, type ErrorKind, type Problem, SwarmError } from '@swarm/core/errors';
import type { ChalkInstance } from 'chalk';
import { CommanderError } from 'commander';
import { CommandLineError } from '../program/parts.ts';
import { jsonText, sanitize } from './output.ts';

/** The first kind in this list that is among several refusals gives the exit code. */
const EXIT_CODES = {
  usage: 2,
  data: 65,
  preflight: 78,
  red: 80,
  auth: 77,
  endpoint: 69,
  locked: 75,
  io: 74,
  budget: 79,
  internal: 70,
  refused: 1,
} as const satisfies Record<ErrorKind, number>;

export const exitCodeOf = (kind: ErrorKind): number => EXIT_CODES[kind];

/** The exit code of several problems found together. */
export function exitCodeFor(problems: readonly Problem[]): number {
  const kinds = new Set<ErrorKind>(problems.map((p) => ERROR_CODES[p.code].kind));
  const first = (Object.keys(EXIT_CODES) as ErrorKind[]).find((kind) => kinds.has(kind));
  return EXIT_CODES[first ?? 'internal'];
}

/** What any thrown thing says, as problems. What we did not foresee is a fault of ours: SW0801. */
export function problemsOf(thrown: unknown): readonly Problem[] {
  if (thrown instanceof SwarmError) return thrown.problems;
  if (thrown instanceof CommanderError) return [fromCommander(thrown)];
  return [
    {
      code: 'SW0801',
      what: `swarm failed unexpectedly: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      why: 'this is a fault in swarm; the run’s journal holds everything decided so far',
      fix: 'run the same command with --debug for the stack trace; swarm resume goes on with the run',
    },
  ];
}

/** Commander says `error: unknown option '--x'\n(Did you mean --y?)`. */
function fromCommander(error: CommanderError): Problem {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const meant = rest.join(' ').match(/Did you mean (?:one of )?(.+?)\?/)?.[1];
  const help = error instanceof CommandLineError ? `${error.command} --help` : 'swarm --help';
  return {
    code: 'SW0101',
    what: first,
    ...(meant && { why: `did you mean ${meant}?` }),
    fix: meant && error.code === 'commander.unknownCommand' ? `swarm ${meant.split(', ')[0]}` : help,
  };
}

/** The screen of a refusal: every problem, with what belongs to it indented below. */
export function renderProblems(problems: readonly Problem[], ink: ChalkInstance): string {
  return problems.map((problem) => renderProblem(problem, ink)).join('\n\n');
}

function renderProblem(problem: Problem, ink: ChalkInstance): string {
  const head = `${ink.red.bold(`error[${problem.code}]`)}: ${sanitize(problem.what)}`;
  const parts = (['where', 'why', 'fix'] as const).flatMap((name) => {
    const text = problem[name];
    return text === undefined ? [] : [`  ${ink.dim(name.padEnd(5))}  ${indent(sanitize(text))}`];
  });
  return [head, ...parts].join('\n');
}

const indent = (text: string): string => text.replaceAll('\n', '\n         ');

/** The same as an object, for `--json`. */
export function problemsJson(problems: readonly Problem[]): string {
  const errors = problems.map((p) => ({ ...p, kind: ERROR_CODES[p.code].kind }));
  return jsonText({ errors });
}
