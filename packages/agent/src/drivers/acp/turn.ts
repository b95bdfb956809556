/**
 * One turn with an agent that speaks the Agent Client Protocol. What it answers is parsed by schemas of our own, and
 * what it asks is answered at once.
 */
import type { ClientApp, ClientContext, Stream } from '@agentclientprotocol/sdk';
import type { AgentEnd } from '@swarm/core/model/attempt';
import type { RoomProcess } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import * as z from 'zod';
import { cutText } from '../../agent-events.ts';
import { Fault } from '../../fault.ts';
import { plainText } from '../../transcript.ts';
import { wireOver } from '../../wire.ts';
import type { Note } from '../session.ts';
import { permissionFor } from './permission.ts';
import { type Ask, greet, type Opened, openSession, pointAtGateway, type SetUpAsk } from './set-up.ts';
import type { Updates } from './updates.ts';

export interface TurnAsk extends Omit<SetUpAsk, 'gateway'> {
  /** The attempt's token for the gateway; its address is the first line that the process prints. */
  readonly token?: string;
  /** What is said in this session. */
  readonly prompt: (opened: Opened) => string;
  /** The most time until it is said. */
  readonly setUpMs: number;
  /** What is said next in the same session, once a turn is over; undefined: nothing. */
  readonly next: () => string | undefined;
}

export type Turn =
  | { readonly kind: 'ended'; readonly session: string; readonly stop: string }
  | { readonly kind: 'failed'; readonly end: AgentEnd; readonly detail: string }
  /** Its process ended, or it was called off. `isGreeted`: it had answered before. */
  | { readonly kind: 'closed'; readonly isGreeted: boolean };

export interface TurnParts {
  readonly clock: Clock;
  readonly note: Note;
  readonly updates: Updates;
  readonly signal: AbortSignal;
}

const AUTH_REQUIRED = -32_000;
/** It has said what it had to say. Any other reason is a limit, or a refusal. */
export const END_OF_TURN = 'end_turn';
const stopSchema = z.object({ stopReason: z.string() });

/** How far a turn has come. */
interface Progress {
  isGreeted: boolean;
  /** What an agent tells before is a session that it takes up. */
  isPrompted: boolean;
}

/** Never rejects. */
export async function takeTurn(process: RoomProcess, ask: TurnAsk, parts: TurnParts): Promise<Turn> {
  const sdk = await import('@agentclientprotocol/sdk');
  const lines = process.lines[Symbol.asyncIterator]();
  const url = await firstLine(lines);
  const gateway = ask.token === undefined || !url ? undefined : { url, token: ask.token };
  const progress: Progress = { isGreeted: false, isPrompted: false };
  const app = answering(sdk, parts.signal);
  const wire = wireOver(process.stdin, lines, parts.note, (method, params) => {
    if (method === 'session/update' && progress.isPrompted) parts.updates.take(params);
  });
  try {
    return await app.connectWith(wire as Stream, (agent) =>
      converse(sdk, agent, { ...ask, ...(gateway && { gateway }) }, parts, progress),
    );
  } catch (error) {
    if (error instanceof Fault) return { kind: 'failed', end: error.end, detail: error.message };
    if (error instanceof sdk.RequestError) return refused(error);
    return { kind: 'closed', isGreeted: progress.isGreeted };
  } finally {
    parts.updates.flush();
  }
}

type Sdk = typeof import('@agentclientprotocol/sdk');

/** What the agent asks: leave, which it is given, and anything else, which there is not. */
function answering({ client, RequestError }: Sdk, signal: AbortSignal): ClientApp {
  return client({ name: 'swarm' }).onRequest('*', ({ method, params }) => {
    if (method !== 'session/request_permission') throw RequestError.methodNotFound(method);
    if (signal.aborted) return { outcome: { outcome: 'cancelled' } };
    const outcome = permissionFor(params);
    if (!outcome) throw RequestError.invalidParams(undefined, 'none of the options allows it');
    return { outcome };
  });
}

async function converse(
  sdk: Sdk,
  agent: ClientContext,
  ask: TurnAsk & SetUpAsk,
  { clock, note, updates, signal }: TurnParts,
  progress: Progress,
): Promise<Turn> {
  const asking: Ask = async (method, params, schema) => {
    const answer = schema.safeParse(await agent.request<unknown, object>(method, params));
    if (answer.success) return answer.data;
    throw new Fault('bad-output', `its answer to ${method} cannot be used`);
  };
  const setUp = async (): Promise<Opened> => {
    const greeting = await greet(asking, note);
    progress.isGreeted = true;
    const { gateway } = ask;
    if (gateway && greeting.agentCapabilities.providers) await pointAtGateway(asking, gateway);
    return openSession(asking, ask, greeting, (error) => error instanceof sdk.RequestError);
  };
  const opened = await within(clock, ask.setUpMs, setUp());
  if (signal.aborted) return { kind: 'closed', isGreeted: true };
  const { session } = opened;
  if (ask.session !== undefined && !opened.isSame)
    note({ stream: 'swarm', text: 'its session cannot be taken up: a new one is told everything again' });
  const cancel = () => void agent.notify('session/cancel', { sessionId: session }).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  progress.isPrompted = true;
  for (let text = ask.prompt(opened); ; ) {
    const prompt = [{ type: 'text', text }];
    const { stopReason } = await asking('session/prompt', { sessionId: session, prompt }, stopSchema);
    const next = stopReason === END_OF_TURN && !signal.aborted ? ask.next() : undefined;
    if (next === undefined) return { kind: 'ended', session, stop: cutText(plainText(stopReason), 100) };
    updates.nextTurn();
    text = next;
  }
}

function refused({ code, message }: { readonly code: number; readonly message: string }): Turn {
  const detail = cutText(plainText(`the agent answers with error ${code}: ${message}`), 2_000);
  return { kind: 'failed', end: code === AUTH_REQUIRED ? 'cannot-run' : 'failed', detail };
}

async function firstLine(
  lines: AsyncIterator<{ readonly stream: string; readonly text: string }>,
): Promise<string | undefined> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return undefined;
    if (value.stream === 'stdout') return value.text;
  }
}

/** Rejects with a Fault when the time is over first. */
async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const why = `it was not ready for its prompt within ${Math.round(ms / 1000)} s`;
  const cancel = clock.after(ms, () => reject(new Fault('cannot-run', why)));
  return Promise.race([work, promise]).finally(cancel);
}
