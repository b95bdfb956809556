import type { AttemptId, CommitId, RunId, TreeId } from '@swarm/core/model/ids';
import type { Request } from '@swarm/core/model/request';
import type { Task } from '@swarm/core/model/task';
import { tamedSubject } from '@swarm/core/rules/forge-text';
import { shortCommit } from '@swarm/core/views/words';

/** What a landing's commits say of the gate; the tree is known before the commit is. */
type Message = (tree: TreeId) => string;

interface Landed {
  readonly run: RunId;
  readonly task: Task;
  readonly attempt: AttemptId;
  readonly summary: string;
  /** Test files that pass without the change too; absent: none are known to. */
  readonly vacuous?: readonly string[];
}

/**
 * The message of a landing of one: the task's title, what the agent said, and the trailers that make the target's
 * own history the truth about what has landed. An agent's words can never add a trailer: the last paragraph is
 * always ours.
 */
export function landingMessage(ask: Landed & { readonly gateHash: string }): Message {
  return (tree) => message(ask, [`Swarm-Gate: ${ask.gateHash} ${tree}`]);
}

/** The message of one commit in a batch: the gate looked at the batch, so that nothing here speaks of it. */
export function memberMessage(ask: Landed): Message {
  return () => message(ask, []);
}

/** A forge reads what stands in a commit: nothing of a task closes an issue there, or keeps checks away. */
export const tamedFor = ({ deliver }: Request, message: Message): Message =>
  deliver === 'pr' ? (tree) => tamedSubject(message(tree)) : message;

/** Tasks a batch names in its subject; the body names all. */
const NAMED_MAX = 10;

/** The message of the merge a batch lands as. */
export function batchMessage(ask: {
  readonly run: RunId;
  readonly tasks: readonly Task[];
  readonly gateHash: string;
}): Message {
  const ids = ask.tasks.map((task) => task.id);
  const more = ids.length > NAMED_MAX ? ` and ${ids.length - NAMED_MAX} more` : '';
  return (tree) =>
    [
      `Land ${ids.length} tasks: ${ids.slice(0, NAMED_MAX).join(', ')}${more}`,
      '',
      ...ask.tasks.map((task) => `- ${task.id}: ${subjectOf(task)}`),
      '',
      `Swarm-Run: ${ask.run}`,
      `Swarm-Gate: ${ask.gateHash} ${tree}`,
      '',
    ].join('\n');
}

/** Landings named one by one in the message; the trailers name them all. */
const UNDONE_SHOWN_MAX = 50;

/** The message of a commit that takes landings back, newest first. */
export function undoMessage(ask: {
  readonly run: RunId;
  readonly undone: readonly { readonly task: Task; readonly commit: CommitId }[];
  readonly gateHash: string;
}): (tree: TreeId) => string {
  const { run, undone, gateHash } = ask;
  const [first] = undone;
  const subject =
    undone.length === 1
      ? `Undo ${first!.task.id}: ${oneLine(first!.task.spec.title, 180)}`
      : `Undo ${undone.length} landings of ${run}`;
  const shown = undone
    .slice(0, UNDONE_SHOWN_MAX)
    .map(({ task, commit }) => `${task.id} ${oneLine(task.spec.title, 180)} (${shortCommit(commit)})`);
  const more = undone.length - shown.length;
  return (tree) =>
    [
      subject,
      '',
      'Takes back:',
      ...shown,
      ...(more > 0 ? [`and ${more} more`] : []),
      '',
      `Swarm-Run: ${run}`,
      ...undone.map(({ task }) => `Swarm-Undoes: ${task.id}`),
      `Swarm-Gate: ${gateHash} ${tree}`,
      '',
    ].join('\n');
}

function message({ run, task, attempt, summary, vacuous = [] }: Landed, more: readonly string[]): string {
  const body = plain(summary, 2_000);
  return [
    subjectOf(task),
    ...(body ? ['', body] : []),
    '',
    `Swarm-Run: ${run}`,
    `Swarm-Task: ${task.id}`,
    `Swarm-Attempt: ${attempt}`,
    ...branchTrailer(task),
    ...testsTrailer(vacuous),
    ...more,
    '',
  ].join('\n');
}

const subjectOf = (task: Task): string => oneLine(task.spec.title, 200) || task.id;

/** Which branch a landing is of, and what it was when the run opened; for `swarm land` alone. */
function branchTrailer({ source }: Task): string[] {
  return source.by === 'land' ? [`Swarm-Branch: ${oneLine(source.branch, 1_000)}@${source.commit}`] : [];
}

/** Test files one trailer names. */
const VACUOUS_MAX = 5;

function testsTrailer(files: readonly string[]): string[] {
  if (files.length === 0) return [];
  const named = files.slice(0, VACUOUS_MAX).map((file) => oneLine(file, 200));
  const more = files.length > VACUOUS_MAX ? ` and ${files.length - VACUOUS_MAX} more` : '';
  return [`Swarm-Tests: prove nothing (${named.join(', ')}${more})`];
}

function oneLine(text: string, max: number): string {
  return plain(text, max).replace(/\s+/g, ' ').trim();
}

/** What hides or reorders text; joiners stay, which scripts and emoji need. */
const UNSEEN = /[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** Without control characters but newlines, without what hides or reorders text, and without lines that read as one of our trailers. */
function plain(text: string, max: number): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
    .replace(UNSEEN, '')
    .split('\n')
    .filter((line) => !/^\s*swarm-[a-z]+\s*:/i.test(line))
    .join('\n')
    .slice(0, max)
    .trim();
}
