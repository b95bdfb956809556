import { type AttemptId, type CommitId, type RunId, shortCommit, type Task, type TreeId } from '@swarm/core';

/**
 * The landing commit's message: the task's title, what the agent said, and the trailers that make the target's
 * own history the truth about what has landed. An agent's words can never add a trailer: the last paragraph is
 * always ours.
 */
export function landingMessage(ask: {
  readonly run: RunId;
  readonly task: Task;
  readonly attempt: AttemptId;
  readonly summary: string;
  readonly gateHash: string;
}): (tree: TreeId) => string {
  const subject = oneLine(ask.task.spec.title, 200) || ask.task.id;
  const body = plain(ask.summary, 2_000);
  return (tree) =>
    [
      subject,
      ...(body ? ['', body] : []),
      '',
      `Swarm-Run: ${ask.run}`,
      `Swarm-Task: ${ask.task.id}`,
      `Swarm-Attempt: ${ask.attempt}`,
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

function oneLine(text: string, max: number): string {
  return plain(text, max).replace(/\s+/g, ' ').trim();
}

/** Without control characters but newlines, and without lines that read as one of our trailers. */
function plain(text: string, max: number): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*swarm-[a-z]+\s*:/i.test(line))
    .join('\n')
    .slice(0, max)
    .trim();
}
