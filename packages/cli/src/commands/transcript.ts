/** `swarm transcript`: what the agent of one attempt said and did, as it is stored. */
import { createInterface } from 'node:readline';
import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, parseAttemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import { attemptVotedOn, isReviewerName } from '@swarm/core/rules/reviewing';
import { unknownTask } from '../control/refused.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import { openTranscript, transcriptPath } from '../finding/transcript-file.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { jsonText, sanitize } from '../telling/output.ts';
import { lineOf, nothingSaid, type Said, saidIn } from '../telling/said.ts';

export async function transcript(text: string, options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const attempt = attemptOf(text, read);
  const path = transcriptPath(read.paths, attempt);
  const file = await openTranscript(path);
  if (!file) throw nothingSaid(attempt, path);
  if (!options.json) context.output.result(`${attempt}${atWork(attempt, read)}`);
  for await (const line of createInterface({ input: file.createReadStream({ encoding: 'utf8' }) })) {
    if (context.output.closed.aborted) break;
    const said = lineOf(line);
    if (options.json && said) context.output.result(jsonText(said));
    else if (!options.json) {
      const text = transcriptText(line);
      if (text !== undefined) context.output.result(sanitize(text));
    }
  }
  return 0;
}

const atWork = (attempt: AttemptId, { state }: ReadRun): string =>
  state.liveAttempts.has(attempt) ? ', still at work' : '';

/** A task’s last attempt, or the one named. Errors: SW0106, SW0108. */
export function attemptOf(text: string, { state }: Pick<ReadRun, 'state'>): AttemptId {
  // An agent that voted has one of its own, beside those of the attempts.
  if (isReviewerName(text) && state.attempts.has(attemptVotedOn(text))) return text as AttemptId;
  const named = parseAttemptId(text);
  if (named && state.attempts.has(named)) return named;
  if (named || !state.tasks.has(text as TaskId)) throw new SwarmError(unknownTask(text, state));
  const last = [...state.attempts.keys()].findLast((id) => taskOf(id) === text);
  if (last) return last;
  throw new SwarmError({
    code: 'SW0108',
    what: `nobody has tried ${text} yet`,
    fix: `swarm explain ${text}`,
  });
}

/** One line as it is shown; undefined for one that says nothing. What comes out is not clean yet. */
export function transcriptText(line: string): string | undefined {
  const said = lineOf(line);
  return (said ? saidText(saidIn(said)) : '(a line that cannot be read)') || undefined;
}

/** A head with its time, and below it, indented, what was said. */
const saidText = (texts: readonly Said[]): string =>
  texts
    .map(({ time, head, body }) => {
      const line = time === '' ? head : `${time}  ${head}`;
      return `${line}${body === '' ? '' : `\n${indented(body)}`}`;
    })
    .join('\n');

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `          ${line}`)
    .join('\n');
