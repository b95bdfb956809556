/**
 * The lines of an agent's process as the messages of a protocol, and back. The agent is hostile: what is no message is
 * noted and dropped, and one that asks without reading answers is cut off.
 */
import type { RoomProcess } from '@swarm/core/ports/running';
import type { Note } from './drivers/session.ts';
import { Fault } from './fault.ts';
import { plainText } from './transcript.ts';

/** Of one message; the sandbox cuts longer lines, which then do not parse. Permissions are asked with whole files in them. */
export const LINE_MAX_BYTES = 1024 * 1024;
/** Requests of the agent whose answers it has not taken. */
const OPEN_MAX = 64;

export type Message = Readonly<Record<string, unknown>> & { readonly jsonrpc: '2.0' };

export interface Wire {
  readonly readable: ReadableStream<Message>;
  readonly writable: WritableStream<Message>;
}

type Lines = AsyncIterator<{ readonly stream: string; readonly text: string }>;

/** What an agent says without asking. The library is not given it: it prints what it cannot read. */
type OnNotice = (method: string, params: unknown) => void;

/** @param lines of the process, from where the talk begins. */
export function wireOver(stdin: RoomProcess['stdin'], lines: Lines, note: Note, onNotice: OnNotice): Wire {
  /** What the agent asked, by its id as JSON. */
  const open = new Set<string>();
  /** What we asked. Answers to anything else are dropped. */
  const asked = new Set<unknown>();
  const isWanted = (message: Message): boolean => {
    if (typeof message.method !== 'string') return asked.delete(message.id);
    open.add(JSON.stringify(message.id));
    return true;
  };
  return {
    readable: new ReadableStream<Message>({
      async pull(controller) {
        for (;;) {
          const { done, value } = await lines.next();
          if (done) return controller.close();
          if (value.stream !== 'stdout') continue;
          const message = messageOf(value.text);
          if (message && typeof message.method === 'string' && !('id' in message)) {
            onNotice(message.method, message.params);
            continue;
          }
          if (message && isWanted(message)) {
            if (open.size > OPEN_MAX)
              return controller.error(
                new Fault('bad-output', `it asked ${open.size} things and took no answer`),
              );
            return controller.enqueue(message);
          }
          note({ stream: 'stdout', text: plainText(value.text) });
        }
      },
    }),
    writable: new WritableStream<Message>({
      async write(message) {
        if (typeof message.method === 'string' && 'id' in message) asked.add(message.id);
        await stdin.write(`${JSON.stringify(message)}\n`);
        if (typeof message.method !== 'string') open.delete(JSON.stringify(message.id));
      },
    }),
  };
}

/** Undefined: the line is no message of the protocol. */
function messageOf(line: string): Message | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    if (value.jsonrpc !== '2.0') return undefined;
    if ('id' in value && !isId(value.id)) return undefined;
    const isMessage = typeof value.method === 'string' || ('id' in value && isAnswer(value));
    return isMessage ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

const isId = (id: unknown): boolean => id === null || typeof id === 'string' || Number.isFinite(id);

const isAnswer = (value: Readonly<Record<string, unknown>>): boolean =>
  !('method' in value) && 'result' in value !== 'error' in value;
