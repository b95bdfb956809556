/** The bridge from a caller's side: who is there, and one call to one of them. Whatever it answers is bounded before it is read. */
import { type IncomingMessage, request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import { isCapability, versionText } from '@swarm/core/rules/bridge/routing';
import { BRIDGE_LIMITS, workerName } from '@swarm/core/rules/bridge/wire';
import * as z from 'zod';

export interface BridgeAt {
  /** `http://127.0.0.1:7420`, without a path. */
  readonly url: string;
  /** Absent: it is open. */
  readonly token?: string;
}

/** What came back, or why nothing did. */
export type Told =
  | {
      readonly kind: 'told';
      readonly status: number;
      readonly body: string;
      /** Who answered, or would have. */
      readonly worker?: string;
      readonly retryAfterMs: number;
    }
  /** `isSent`: it may be that somebody works on it. */
  | { readonly kind: 'silent'; readonly why: string; readonly isSent: boolean };

export interface CallOver {
  readonly to: string;
  readonly requires?: readonly string[];
  readonly method: string;
  readonly payload: string;
  readonly timeout_ms: number;
  readonly from: string;
}

/** A bridge that is there answers everything else at once. */
const ASK_MS = 10_000;
/** It ends a call by itself; after so much more it is not believed to. */
const GRACE_MS = 10_000;

export const callOver = (at: BridgeAt, call: CallOver, signal: AbortSignal): Promise<Told> =>
  ask(at, '/v1/call', { body: JSON.stringify(call), timeoutMs: call.timeout_ms + GRACE_MS, signal });

/** It goes into journals and prompts: a bridge that says something else than names is believed nothing. */
const workersBody = z.object({
  workers: z
    .array(
      z.object({
        name: workerName,
        version: z
          .string()
          .refine((text) => versionText(text) === text)
          .optional(),
        capabilities: z.array(z.string().max(200).refine(isCapability)).max(2 * BRIDGE_LIMITS.capabilities),
        connected: z.boolean(),
      }),
    )
    .max(10_000),
});

export interface WorkerThere {
  readonly name: string;
  /** Its name with its version among them. */
  readonly capabilities: readonly string[];
}

/** Those that are connected. A sentence where that cannot be told; `status` where it answered. */
export async function workersAt(
  at: BridgeAt,
  signal: AbortSignal,
): Promise<readonly WorkerThere[] | { readonly why: string; readonly status?: number }> {
  const told = await ask(at, '/v1/workers', { timeoutMs: ASK_MS, signal });
  if (told.kind === 'silent') return { why: told.why };
  const { status } = told;
  if (status !== 200) return { why: `it answers ${status}`, status };
  try {
    const { workers } = workersBody.parse(JSON.parse(told.body));
    return workers
      .filter(({ connected }) => connected)
      .map(({ name, version, capabilities }) => ({
        name,
        capabilities: [...capabilities, version === undefined ? name : `${name}@${version}`],
      }));
  } catch {
    return { why: 'what it answers cannot be read', status };
  }
}

interface Asking {
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Over a connection of its own: one that was kept may be closed by the time it is used. */
function ask({ url, token }: BridgeAt, path: string, { body, timeoutMs, signal }: Asking): Promise<Told> {
  const send = url.startsWith('https:') ? encrypted : plain;
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve) => {
    let isSent = false;
    const silent = (error: Error): void => resolve({ kind: 'silent', why: error.message, isSent });
    const asked = send(
      new URL(path, url),
      {
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        signal: over,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
        },
      },
      (response) => void read(response).then(resolve, silent),
    );
    asked.on('error', silent);
    asked.on('socket', (socket) =>
      socket.once('connect', () => {
        isSent = true;
      }),
    );
    asked.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Told> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > 2 * BRIDGE_LIMITS.messageBytes) throw new Error('it answers more than may be read');
    parts.push(part);
  }
  const { statusCode = 0, headers } = response;
  const worker = headers['x-swarm-worker'];
  const seconds = Number(headers['retry-after'] ?? 0);
  return {
    kind: 'told',
    status: statusCode,
    body: Buffer.concat(parts).toString('utf8'),
    ...(typeof worker === 'string' && { worker }),
    retryAfterMs: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 60) * 1_000 : 1_000,
  };
}

/** What an answer that refuses says of itself. */
export function refusalIn(body: string): string {
  try {
    const { error } = z.object({ error: z.object({ what: z.string() }) }).parse(JSON.parse(body));
    return error.what;
  } catch {
    return body.slice(0, 200);
  }
}
