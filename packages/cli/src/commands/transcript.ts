/** `swarm transcript`: what the agent of one attempt said and did, as it is stored. */
import { constants, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, parseAttemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import { attemptVotedOn, isReviewerName } from '@swarm/core/rules/reviewing';
import { unknownTask } from '../control/refused.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { RunPaths } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { jsonText, sanitize } from '../telling/output.ts';

export async function transcript(text: string, options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const attempt = attemptOf(text, read);
  const path = transcriptPath(read.paths, attempt);
  const file = await openTranscript(path);
  if (!file) throw new SwarmError(nothingSaid(attempt, path));
  if (!options.json) context.output.result(`${attempt}${atWork(attempt, read)}`);
  for await (const line of createInterface({ input: file.createReadStream({ encoding: 'utf8' }) })) {
    if (context.output.closed.aborted) break;
    const said = lineOf(line);
    if (options.json && said) context.output.result(jsonText(said));
    else if (!options.json && !saysNothing(said)) context.output.result(sanitize(saidIn(said)));
  }
  return 0;
}

export const transcriptPath = ({ attempts }: RunPaths, attempt: AttemptId): string =>
  join(attempts, attempt, 'transcript.ndjson');

/** A link there is none of ours, and is not followed. */
export const openTranscript = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);

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

export const nothingSaid = (attempt: AttemptId, where: string) =>
  ({
    code: 'SW0108',
    what: `${attempt} has no transcript`,
    where,
    why: 'its agent has said nothing so far, or never began',
    fix: `swarm explain ${taskOf(attempt)}`,
  }) as const;

// ───────────── one line ─────────────

type Fields = Readonly<Record<string, unknown>>;

/** As it is shown; undefined for a line that says nothing. What comes out is not clean yet. */
export function transcriptText(line: string): string | undefined {
  const said = lineOf(line);
  return saysNothing(said) ? undefined : saidIn(said);
}

const saidIn = (said: Fields | undefined): string => (said ? saidText(said) : '(a line that cannot be read)');

function lineOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const clockOf = ({ ts }: Fields): string => (typeof ts === 'string' ? ts.slice(11, 19) : '        ');

/** Of other people's agents a line is kept with what it says in our words, and many say nothing. */
const saysNothing = (said: Fields | undefined): boolean =>
  Array.isArray(said?.said) && said.said.length === 0;

/** A head with its time, and below it, indented, what was said. */
function saidText(said: Fields): string {
  if (typeof said.cut === 'string') return `(${said.cut})`;
  const texts = Array.isArray(said.said)
    ? said.said.map((one) => presetText((one ?? {}) as Fields))
    : [typeof said.event === 'object' ? eventText(said.event as Fields) : outputText(said)];
  return texts
    .map(({ head, body }) => `${clockOf(said)}  ${head}${body === '' ? '' : `\n${indented(body)}`}`)
    .join('\n');
}

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `          ${line}`)
    .join('\n');

interface Said {
  readonly head: string;
  readonly body: string;
}

const outputText = ({ stream, text }: Fields): Said => ({
  head: `${words(stream)}: ${words(text)}`,
  body: '',
});

function presetText({ kind, text, tool, detail, isOk, output, why }: Fields): Said {
  switch (kind) {
    case 'text':
      return { head: 'the agent says', body: words(text) };
    case 'called':
      return { head: words(tool), body: words(detail) };
    case 'result':
      return { head: `${words(tool)} ${isOk === true ? 'gives' : 'fails with'}`, body: words(output) };
    case 'failed':
      return { head: 'gave up', body: words(why) };
    default:
      return { head: words(kind), body: '' };
  }
}

function eventText(event: Fields): Said {
  switch (event.type) {
    case 'started':
      return { head: `started with ${words(event.model)}`, body: '' };
    case 'asked':
      return { head: `step ${words(event.step)}: the model is asked`, body: '' };
    case 'answered':
      return { head: `the model answers (${words(event.how)})`, body: words(event.text) };
    case 'tool.called':
      return { head: `${words(event.tool)}`, body: words(event.args) };
    case 'tool.ended':
      return {
        head: `${words(event.tool)} ${event.ok === true ? 'gives' : 'fails with'}`,
        body: words(event.output),
      };
    case 'cut':
      return {
        head: `the server counted ${words(event.counted)} tokens of at least ${words(event.least)}: it left the rest out`,
        body: '',
      };
    case 'compacted': {
      const sizes = `${words(event.before)} characters became ${words(event.after)}`;
      return { head: `room is made (${words(event.by)}): ${sizes}`, body: '' };
    }
    case 'heard':
      return { head: 'the operator says', body: words(event.text) };
    case 'nudged':
      return { head: `told: ${words(event.why)}`, body: '' };
    case 'ended':
      return { head: `ended: ${words(event.reason)}`, body: words(event.detail) };
    default:
      return { head: words(event.type), body: '' };
  }
}

const words = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
