/** What the descriptions of commands share: options that mean the same everywhere, and how examples are shown. */
import { type Command, CommanderError, Option } from '@commander-js/extra-typings';

export type Program = Command<[], { color: boolean; debug?: true | undefined }>;
/** Takes the exit code a command ends with; a command that fails throws instead. */
export type Finish = (code: Promise<number>) => Promise<void>;

/** What cannot be parsed, with the command whose help says what can. */
export class CommandLineError extends CommanderError {
  /** As it is typed: `swarm run`. */
  readonly command: string;
  constructor({ exitCode, code, message }: CommanderError, command: string) {
    super(exitCode, code, message);
    this.command = command;
  }
}

/** What is no whole number is kept as typed, so that the refusal can show it. */
export const wholeNumber = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
/** A flag that may be given again. */
export const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
export const repoOption = () =>
  new Option('--repo <path>', 'the repository; without it, the one you stand in');
export const runOption = () => new Option('--run <id>', 'the run; without it, the newest');

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
