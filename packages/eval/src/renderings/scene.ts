/** A run whose prompts are worth reading: what is asked for in it, and which requests are kept. */
import type { World } from '@swarm/cli/test/world';
import type { Ask, Reply, WireMessage } from '../server/habit.ts';

export interface Kept {
  /** Name of the file, without its ending. */
  readonly name: string;
  readonly title: string;
  /** Of all calls in order, the first that is the one. */
  readonly is: (ask: Ask, asks: readonly Ask[]) => boolean;
}

export interface Scene {
  readonly files: Readonly<Record<string, string>>;
  readonly args: (world: World) => Promise<readonly string[]> | readonly string[];
  readonly config?: string;
  /** A new one for each run: it may remember. */
  readonly brain: (world: World) => (ask: Ask) => Reply | Promise<Reply>;
  readonly keeps: readonly Kept[];
}

export const bash = (command: string): Reply => ({ calls: [{ name: 'bash', arguments: { command } }] });
export const write = (path: string, content: string): Reply => ({
  calls: [{ name: 'write', arguments: { path, content } }],
});
export const submit = (status: string, summary: string, concerns: readonly string[] = []): Reply => ({
  calls: [{ name: 'submit_handoff', arguments: { status, summary, concerns, suggestions: [] } }],
});

export const textOf = ({ content }: WireMessage): string => (typeof content === 'string' ? content : '');
export const userOf = ({ body }: Ask): string =>
  body.messages
    .filter((m) => m.role === 'user')
    .map(textOf)
    .join('\n');
/** The last thing it was told. */
export const lastOf = ({ body }: Ask): string => textOf(body.messages.at(-1)!);
