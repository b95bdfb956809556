/** What can be completed, read from the commands themselves: nothing here has to be kept in step by hand. */
import type { CommandUnknownOpts as Command } from '@commander-js/extra-typings';
import { KNOWN_ROLES } from '@swarm/core/rules/roles';
import { configSchema } from '../config/schema.ts';
import { PROMPT_NAMES } from '../preparing/prompt-hashes.ts';

export interface CommandWords {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly FlagWords[];
  /** What its arguments may be; `tasks` are asked of the newest run, `files` of the shell. */
  readonly values: Values;
}

export interface FlagWords {
  /** With its dashes: `--workers`. */
  readonly long: string;
  readonly short: string | undefined;
  readonly about: string;
  /** Undefined for a flag that takes no value. */
  readonly values: Values | undefined;
}

export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'tasks' | 'runs' | 'files' | 'anything' };

export function commandWords(program: Command): readonly CommandWords[] {
  return program.commands
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      about: command.description(),
      flags: [...flagsOf(command), ...flagsOf(program).filter((flag) => flag.long !== '--version')],
      values: argumentValues(command),
    }));
}

const HELP: FlagWords = { long: '--help', short: '-h', about: 'display help for command', values: undefined };

function flagsOf(command: Command): FlagWords[] {
  const own = command.options.flatMap((option) =>
    option.long
      ? [{ long: option.long, short: option.short, about: option.description, values: flagValues(option) }]
      : [],
  );
  return command.parent ? [...own, HELP] : own;
}

type Option = Command['options'][number];

function flagValues(option: Option): Values | undefined {
  if (!option.required && !option.optional) return undefined;
  if (option.argChoices) return { kind: 'words', words: option.argChoices };
  const words = CONFIGURED[option.long ?? ''];
  if (words) return { kind: 'words', words };
  if (option.long === '--task' || option.long === '--retry') return { kind: 'tasks' };
  if (option.long === '--run') return { kind: 'runs' };
  return /<(path|file|path-or-url|tasks\.json)>/.test(option.flags)
    ? { kind: 'files' }
    : { kind: 'anything' };
}

const { workers, agent, deliver } = configSchema.shape;
/** Flags that are configuration and have a closed list there. */
const CONFIGURED: Readonly<Record<string, readonly string[]>> = {
  '--sandbox': workers.unwrap().shape.sandbox.unwrap().options,
  '--agent': agent.unwrap().shape.driver.unwrap().options,
  '--deliver': deliver.unwrap().shape.to.unwrap().options,
};

/** Words of arguments that are checked by their command and not by the command line. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  schema: ['log', 'config', 'task', 'script'],
  prompts: ['list', 'show', 'check', 'diff', ...PROMPT_NAMES, ...KNOWN_ROLES],
};

function argumentValues(command: Command): Values {
  const [first] = command.registeredArguments;
  const words = first?.argChoices ?? ARGUMENTS[command.name()];
  if (words) return { kind: 'words', words };
  if (first?.name() === 'answers.json') return { kind: 'files' };
  return first && /^tasks?$/.test(first.name()) ? { kind: 'tasks' } : { kind: 'anything' };
}
