import type { AttemptId, RunId, Task, TreeId } from '@swarm/core';

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
      ...branchTrailer(ask.task),
      `Swarm-Gate: ${ask.gateHash} ${tree}`,
      '',
    ].join('\n');
}

/** Which branch a landing is of, and what it was when the run opened; for `swarm land` alone. */
function branchTrailer({ source }: Task): string[] {
  return source.by === 'land' ? [`Swarm-Branch: ${oneLine(source.branch, 1_000)}@${source.commit}`] : [];
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
