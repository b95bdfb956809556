/** A transcript's lines in our words: those of the built-in agent, and those of other people's. */
import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, taskOf } from '@swarm/core/model/ids';

export type Fields = Readonly<Record<string, unknown>>;

export function lineOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const clockOf = ({ ts }: Fields): string => (typeof ts === 'string' ? ts.slice(11, 19) : '');

/** What a line says, in our words. Of other people's agents many lines say nothing. */
export function saidIn(line: Fields): readonly Said[] {
  const time = clockOf(line);
  if (typeof line.cut === 'string') return [{ time: '', head: `(${line.cut})`, body: '' }];
  const texts = Array.isArray(line.said)
    ? line.said.map((one) => presetText((one ?? {}) as Fields))
    : [typeof line.event === 'object' ? eventText(line.event as Fields) : outputText(line)];
  return texts.map((text) => ({ time, ...text }));
}

/** A head with its time (`10:02:03`, empty where it is not known), and what was said. */
export interface Said extends Words {
  readonly time: string;
}

interface Words {
  readonly head: string;
  readonly body: string;
}

const outputText = ({ stream, text }: Fields): Words => ({
  head: `${words(stream)}: ${words(text)}`,
  body: '',
});

function presetText({ kind, text, tool, detail, isOk, output, why }: Fields): Words {
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

function eventText(event: Fields): Words {
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

// ───────────── what is refused ─────────────

export const nothingSaid = (attempt: AttemptId, where: string): SwarmError =>
  new SwarmError({
    code: 'SW0108',
    what: `${attempt} has no transcript`,
    where,
    why: 'its agent has said nothing so far, or never began',
    fix: `swarm explain ${taskOf(attempt)}`,
  });
