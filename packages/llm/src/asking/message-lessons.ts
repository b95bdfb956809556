/** What servers refuse about messages: their order, their roles, what they hold, how their calls are named. */
import { createHash } from 'node:crypto';
import type { Body } from '../dialects/kinds.ts';
import type { Lesson } from './lesson.ts';

type WireMessage = Readonly<Record<string, unknown>>;

export const messagesOf = (body: Body): readonly WireMessage[] =>
  Array.isArray(body.messages) ? body.messages.filter((m) => typeof m === 'object' && m !== null) : [];

export const callsOf = (message: WireMessage): readonly WireMessage[] =>
  Array.isArray(message.tool_calls) ? message.tool_calls : [];

const NO_SYSTEM = /system role (is )?not supported|does not support 'system'/i;
const ONE_CALL = /single tool.?calls? at once|one tool.?call (at|per)|(multiple|parallel) tool.?calls/i;
const NINE = /a-z, A-Z, 0-9, with a length of 9/;
const NO_NULL = /content[\s\S]*(valid string|must be a (string|text)|expected a string|string_type)/i;

/** What servers and the templates of their models refuse about messages, whatever the status they do it with. */
export function messageLesson(message: string, body: Body): Lesson | undefined {
  const roles = messagesOf(body).map((m) => m.role);
  if (NO_SYSTEM.test(message) && roles.includes('system')) return SYSTEM_IN_USER;
  if (ONE_CALL.test(message) && messagesOf(body).some((m) => callsOf(m).length > 1)) return CALLS_ONE_BY_ONE;
  if (NINE.test(message)) return IDS_OF_NINE;
  if (NO_NULL.test(message) && messagesOf(body).some((m) => m.content === null)) return NO_NULL_CONTENT;
  const isAboutRoles = /roles must alternate|(unexpected|invalid) role|role.{0,20}after.{0,20}role/i.test(
    message,
  );
  if (!isAboutRoles) return undefined;
  if (roles.some((role, i) => role === roles[i + 1] && (role === 'user' || role === 'system')))
    return NEIGHBOURS_JOINED;
  if (roles.some((role, i) => role === 'tool' && roles[i + 1] === 'user')) return USER_IN_TOOL;
  return undefined;
}

const NEIGHBOURS_JOINED: Lesson = {
  key: 'neighbours joined',
  told: 'messages of one role that follow one another are sent as one',
  change: (body) =>
    joinWhere(body, (a, b) => a.role === b.role && (a.role === 'user' || a.role === 'system')),
};

const USER_IN_TOOL: Lesson = {
  key: 'user within tool',
  told: 'what is said right after the result of a tool is sent as part of it',
  change: (body) => joinWhere(body, (a, b) => a.role === 'tool' && b.role === 'user'),
};

const SYSTEM_IN_USER: Lesson = {
  key: 'system within user',
  told: 'system messages are sent as the user’s',
  change: (body) => {
    const messages = messagesOf(body).map((m) => (m.role === 'system' ? { ...m, role: 'user' } : m));
    return NEIGHBOURS_JOINED.change({ ...body, messages });
  },
};

function joinWhere(body: Body, areOne: (a: WireMessage, b: WireMessage) => boolean): Body {
  const joined: WireMessage[] = [];
  for (const message of messagesOf(body)) {
    const last = joined.at(-1);
    const isJoined = last !== undefined && areOne(last, message) && isText(last) && isText(message);
    if (isJoined) joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    else joined.push(message);
  }
  return { ...body, messages: joined };
}

const isText = (message: WireMessage): boolean => typeof message.content === 'string';

const NO_NULL_CONTENT: Lesson = {
  key: 'no null content',
  told: 'an answer of calls alone is sent back with an empty text',
  change: (body) => ({
    ...body,
    messages: messagesOf(body).map((m) => (m.content === null ? { ...m, content: '' } : m)),
  }),
};

const CALLS_ONE_BY_ONE: Lesson = {
  key: 'calls one by one',
  told: 'the calls of one answer are sent back as answers of one call each',
  change: (body) => {
    const messages = messagesOf(body);
    return { ...body, messages: messages.flatMap((m, at) => oneByOne(m, messages.slice(at + 1))) };
  },
};

/** Each call followed by its result; what stood behind the calls of one answer is told with them. */
function oneByOne(message: WireMessage, later: readonly WireMessage[]): readonly WireMessage[] {
  const calls = callsOf(message);
  if (message.role === 'tool') return [];
  if (calls.length === 0) return [message];
  const next = later.findIndex(({ role }) => role !== 'tool');
  const results = next < 0 ? later : later.slice(0, next);
  const resultOf = ({ id }: WireMessage) => results.filter((result) => result.tool_call_id === id);
  return calls.flatMap((call, i) => {
    const said = i === 0 ? message : { role: 'assistant', content: message.content === null ? null : '' };
    return [{ ...said, tool_calls: [call] }, ...resultOf(call)];
  });
}

const IDS_OF_NINE: Lesson = {
  key: 'ids of nine characters',
  told: 'calls are sent back under ids of nine letters and digits',
  change: (body) => ({
    ...body,
    messages: messagesOf(body).map((m) => ({
      ...m,
      ...(Array.isArray(m.tool_calls) && {
        tool_calls: callsOf(m).map((call) => ({ ...call, id: nineOf(call.id) })),
      }),
      ...(m.tool_call_id !== undefined && { tool_call_id: nineOf(m.tool_call_id) }),
    })),
  }),
};

/** The same id is the same nine characters, in every request. */
const nineOf = (id: unknown): unknown =>
  typeof id === 'string' && !/^[a-zA-Z0-9]{9}$/.test(id)
    ? createHash('sha256').update(id).digest('hex').slice(0, 9)
    : id;
