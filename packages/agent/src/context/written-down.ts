/** What stands for the turns that were left out: one message after the task, written by the model or by ourselves. */
import type { ChatMessage } from '@swarm/core/ports/models';
import { cutText } from '../agent-events.ts';
import { cutMiddle } from './shorten.ts';
import { type Result, resultsOf, turnStarts } from './turns.ts';

const OPENED = '<work_so_far>\n';
const CLOSED = '\n</work_so_far>';
/** Where what the model wrote down ends, and what we add begins. */
const CHECKS = '\n\n## Checks that failed when they were last run, word for word\n\n';
const PLAN = '\n\n## Your plan\n\n';

/** The headings a summary is asked for under. */
export const HEADINGS = ['Goal', 'Done', 'Files changed', 'Failing checks', 'Decisions', 'Next'] as const;

export interface WrittenDown {
  readonly text: string;
  readonly failing: readonly Result[];
  readonly plan?: string;
}

/** @param maxChars of the whole; the checks get what the text leaves of it. */
export function writtenDown({ text, failing, plan }: WrittenDown, maxChars: number): ChatMessage {
  const said = cutMiddle(text.trim(), Math.floor(maxChars / 2));
  const planned = plan ? `${PLAN}${cutMiddle(plan, Math.floor(maxChars / 8))}` : '';
  const room = Math.max(0, maxChars - said.length - planned.length) / Math.max(1, failing.length);
  const checks = failing.map((check) => cutMiddle(checkText(check), Math.floor(room)));
  const standing = checks.length > 0 ? `${CHECKS}${checks.join('\n\n')}` : '';
  return { role: 'user', content: `${OPENED}${said}${standing}${planned}${CLOSED}` };
}

const isWrittenDown = (m: ChatMessage): boolean => m.role === 'user' && m.content.startsWith(OPENED);

/** The conversation in three: what never goes, what was written down before, and its turns. */
export function partsOf(messages: readonly ChatMessage[]): {
  readonly head: readonly ChatMessage[];
  readonly before: string;
  readonly turns: readonly ChatMessage[];
} {
  const first = turnStarts(messages)[0] ?? messages.length;
  const opening = messages.slice(0, first);
  const before = opening.find(isWrittenDown)?.content ?? '';
  return {
    head: opening.filter((m) => !isWrittenDown(m)),
    before: before.slice(OPENED.length, -CLOSED.length).split(CHECKS)[0]!.split(PLAN)[0]!,
    turns: messages.slice(first),
  };
}

/** The parts joined again; nothing is said where nothing is left out. */
export const joined = (
  head: readonly ChatMessage[],
  told: ChatMessage | undefined,
  turns: readonly ChatMessage[],
): readonly ChatMessage[] => [...head, ...(told ? [told] : []), ...turns];

/** What can be told of turns without a model: which files were written, and how the last commands ended. */
export function ownSummary(before: string, gone: readonly ChatMessage[]): string {
  const results = resultsOf(gone);
  const files = [...new Set(results.flatMap(changedFile))];
  const commands = results.filter(({ name }) => name === 'bash').slice(-COMMANDS_MAX);
  const said = gone.filter((m) => m.role === 'assistant' && m.content.trim() !== '').slice(-SAID_MAX);
  return [
    before.trim(),
    `${turnStarts(gone).length} of your turns are left out here to make room.`,
    files.length > 0 && `Files you wrote or edited in them: ${files.slice(0, FILES_MAX).join(', ')}`,
    commands.length > 0 && `Last commands of them:\n${commands.map(commandLine).join('\n')}`,
    said.length > 0 && `What you said last in them:\n${said.map((m) => cutText(m.content, 400)).join('\n')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

const FILES_MAX = 60;
const COMMANDS_MAX = 5;
const SAID_MAX = 2;

function changedFile({ name, argumentsJson, text }: Result): readonly string[] {
  if ((name !== 'write' && name !== 'edit') || !/^(?:wrote|edited) /.test(text)) return [];
  const path = argumentIn(argumentsJson, ['path', 'file_path', 'filePath', 'file']);
  return path ? [path] : [];
}

const commandLine = ({ argumentsJson, text }: Result): string =>
  `${cutText(argumentIn(argumentsJson, ['command', 'cmd']) ?? 'a command', 200)}: ${text.split('\n')[0]}`;

const checkText = ({ name, argumentsJson, text }: Result): string =>
  name === 'bash' ? `${argumentIn(argumentsJson, ['command', 'cmd']) ?? 'a command'}\n${text}` : text;

function argumentIn(json: string | undefined, names: readonly string[]): string | undefined {
  try {
    const said = JSON.parse(json ?? '') as Readonly<Record<string, unknown>> | null;
    return names.map((name) => said?.[name]).find((value) => typeof value === 'string') as string | undefined;
  } catch {
    return undefined;
  }
}
