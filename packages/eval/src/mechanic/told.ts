/** What a worker was told and what its tools said, read out of the conversation as a model would have to. */
import type { WireBody, WireMessage } from '../server/habit.ts';

export interface Done {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: string;
}

export interface Told {
  /** The command that decides: the task's own, else the gate, else what the environment names. */
  readonly check: string;
  /** Source files the task may touch; empty: it was not told. */
  readonly scope: readonly string[];
  /** What the project wants done after a change. */
  readonly afterChange: string | undefined;
  /** Kinds of faults that others found before. */
  readonly knownKinds: readonly string[];
  /** Changes that earlier attempts tried in vain: `file:line → text`. */
  readonly tried: ReadonlySet<string>;
  /** It knows that tests are not to be changed. */
  readonly knowsTestsAreLaw: boolean;
  /** Answers it has; undefined: it was not told. */
  readonly answers: number | undefined;
  /** It knows that everything is installed, and that there is no network. */
  readonly knowsSetup: boolean;
  readonly done: readonly Done[];
}

/** The inside of a block of the user's message; empty where it is not there. */
export function blockOf(text: string, name: string): string {
  return new RegExp(`<${name}>\\n([\\s\\S]*?)\\n</${name}>`).exec(text)?.[1] ?? '';
}

const textOf = ({ content }: WireMessage): string => (typeof content === 'string' ? content : '');

export function readTold({ messages }: WireBody): Told {
  const user = textOf(messages.find(({ role }) => role === 'user') ?? { role: 'user' });
  const task = blockOf(user, 'task');
  const earlier = blockOf(user, 'earlier_attempts');
  return {
    check: checkIn(task, blockOf(user, 'environment')),
    scope: listAfter(task, 'Scope').filter((path) => path.startsWith('src/')),
    afterChange: /[Aa]fter every change run `([^`]+)`/.exec(blockOf(user, 'project_instructions'))?.[1],
    knownKinds: kindsIn(blockOf(user, 'upstream')),
    tried: new Set([...earlier.matchAll(/tried «([^»]+)»/g)].map(([, one = '']) => one)),
    knowsTestsAreLaw: /test that is deleted, skipped or made weaker/.test(blockOf(user, 'laws')),
    answers: answersIn(blockOf(user, 'limits')),
    knowsSetup: /Setup: /.test(blockOf(user, 'environment')),
    done: doneIn(messages),
  };
}

function checkIn(task: string, environment: string): string {
  const own = /Its own verification[\s\S]*?:\n(.+)$/m.exec(task)?.[1];
  const gate = /The gate, which must pass[^\n]*:\n(.+)$/m.exec(task)?.[1];
  return own ?? gate ?? /Gate: `([^`]+)`/.exec(environment)?.[1] ?? 'npm test';
}

function answersIn(limits: string): number | undefined {
  const digits = /It has ([\d,]+) answers?/.exec(limits)?.[1];
  return digits === undefined ? undefined : Number(digits.replaceAll(',', ''));
}

/** The lines below a heading, up to an empty one. */
function listAfter(text: string, heading: string): readonly string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(heading));
  if (at < 0) return [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() === '');
  return rest.slice(0, end < 0 ? undefined : end).map((line) => line.replace(/^- /, '').trim());
}

export const kindsIn = (text: string): readonly string[] =>
  [...text.matchAll(/kind of fault: «([^»]+)»/g)].map(([, kind = '']) => kind);

/** Each call with what it gave. */
function doneIn(messages: readonly WireMessage[]): readonly Done[] {
  const results = new Map(
    messages.flatMap((m) => (m.tool_call_id ? [[m.tool_call_id, textOf(m)] as const] : [])),
  );
  return messages.flatMap((m) =>
    (m.tool_calls ?? []).map((call) => ({
      name: call.function.name,
      args: JSON.parse(String(call.function.arguments)) as Record<string, unknown>,
      result: results.get(String(call.id)) ?? '',
    })),
  );
}
