/** All that comes before the first prompt: the agent is greeted, pointed at the gateway, and opens a session. */
import * as z from 'zod';
import { Fault } from '../../fault.ts';
import { plainText } from '../../transcript.ts';
import type { Note } from '../session.ts';

/** Asks the agent one thing. Rejects when it answers with an error, or with what does not fit. */
export type Ask = <T>(method: string, params: object, schema: z.ZodType<T>) => Promise<T>;

export interface SetUpAsk {
  /** The workspace as the agent sees it. */
  readonly cwd: string;
  /** The session of the attempt's last turn. */
  readonly session?: string;
  /** The mode a session is put into. */
  readonly mode?: string;
  /** The attempt's way to the gateway. */
  readonly gateway?: { readonly url: string; readonly token: string };
}

export interface Opened {
  readonly session: string;
  /** It is the one that was asked for. */
  readonly isSame: boolean;
}

const VERSION = 1;

const greetingSchema = z.object({
  protocolVersion: z.number(),
  agentInfo: z.object({ name: z.string(), version: z.string().optional() }).nullish(),
  agentCapabilities: z
    .object({
      loadSession: z.boolean().optional(),
      providers: z.unknown().optional(),
      sessionCapabilities: z.object({ resume: z.unknown().optional() }).nullish(),
    })
    .default({}),
});
export type Greeting = z.infer<typeof greetingSchema>;

const anything = z.unknown();
const sessionSchema = z.object({ sessionId: z.string().min(1).max(1_000) });
const providersSchema = z.object({
  providers: z
    .array(
      z.object({
        providerId: z.string().max(1_000),
        supported: z.array(z.string()).max(50),
        current: z.object({ apiType: z.string() }).nullish(),
      }),
    )
    .max(50),
});

export async function greet(ask: Ask, note: Note): Promise<Greeting> {
  // No files and no terminals of ours: it works in the sandbox, with its own tools.
  const params = { protocolVersion: VERSION, clientCapabilities: {}, clientInfo: CLIENT };
  const greeting = await ask('initialize', params, greetingSchema);
  const { protocolVersion, agentInfo } = greeting;
  if (protocolVersion !== VERSION)
    throw new Fault('cannot-run', `it speaks version ${protocolVersion} of the protocol, and not ${VERSION}`);
  const name = plainText(`${agentInfo?.name ?? 'an agent'} ${agentInfo?.version ?? ''}`.trim());
  note({ event: { type: 'started', model: name, tools: [] } });
  return greeting;
}

const CLIENT = { name: 'swarm', version: '1' };

/** The dialects the gateway has in common with the protocol, and where each finds it. */
const DIALECTS: Readonly<Record<string, (url: string) => string>> = {
  anthropic: (url) => url,
  openai: (url) => `${url}/v1`,
};

/** Every provider of the agent asks the gateway, with the attempt's token: no key is in its environment or files. */
export async function pointAtGateway(
  ask: Ask,
  { url, token }: NonNullable<SetUpAsk['gateway']>,
): Promise<void> {
  const { providers } = await ask('providers/list', {}, providersSchema);
  for (const { providerId, supported, current } of providers) {
    const known = [...(current ? [current.apiType] : []), ...supported].filter((type) => type in DIALECTS);
    const [apiType] = known;
    if (apiType === undefined) continue;
    // Claude’s adapter shows a word of its own as the bearer, in front of the one that it is given.
    const headers = {
      authorization: `Bearer ${token}`,
      ...(apiType === 'anthropic' && { 'x-api-key': token }),
    };
    await ask('providers/set', { providerId, apiType, baseUrl: DIALECTS[apiType]!(url), headers }, anything);
  }
}

/** The session that was asked for, where the agent can take it up, else a new one; in the mode that is wanted. */
export async function openSession(
  ask: Ask,
  { cwd, session, mode }: SetUpAsk,
  { agentCapabilities: can }: Greeting,
  isRefusal: (error: unknown) => boolean,
): Promise<Opened> {
  const place = { cwd, mcpServers: [] };
  const method = can.sessionCapabilities?.resume ? 'session/resume' : can.loadSession && 'session/load';
  const isSame =
    session !== undefined &&
    !!method &&
    (await ask(method, { sessionId: session, ...place }, anything).then(
      () => true,
      (error: unknown) => {
        if (isRefusal(error)) return false;
        throw error;
      },
    ));
  const id = isSame ? session : (await ask('session/new', place, sessionSchema)).sessionId;
  if (mode !== undefined) await ask('session/set_mode', { sessionId: id, modeId: mode }, anything);
  return { session: id, isSame };
}
