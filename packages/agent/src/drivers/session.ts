/** What every driver does around its agent's process: folders, token, transcript, signs of life, one cause. */
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type {
  AgentJob,
  AgentResult,
  Mount,
  Room,
  RoomCommand,
  RoomNeeds,
  RoomProcess,
  SandboxResult,
} from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import { cleanLine, openTranscript, plainText } from '../transcript.ts';
import { reachedText } from './reached-text.ts';
import { type StopCause, startWatch } from './watch.ts';

/** One attempt's way to the model. */
export interface GatewayPass {
  readonly token: string;
  /** Host path of the unix socket this attempt's sandbox is given. */
  readonly socketPath: string;
  usage(): Usage;
  /** Which of the attempt's limits it last refused a call for, if any. */
  refused?(): 'tokens' | 'usd' | undefined;
  /** The attempt is about to be ended from outside. */
  callOff?(): void;
  /** Calls that this cut off: what they used is in `usage` as far as it was seen. */
  cutOff?(): number;
  /** Why every endpoint it may ask last turned it away, where they did: the key, or a used-up quota. */
  turnedAway?(): 'auth' | 'quota' | undefined;
}
export interface GatewayPort {
  issue(
    attempt: AttemptId,
    limits: { readonly tokens: number; readonly usd?: number; readonly model?: string },
  ): GatewayPass | Promise<GatewayPass>;
  /** Ends what is under way; what it used is in `usage` by then. */
  revoke(attempt: AttemptId): unknown;
}

export interface DriverParts {
  /** Absent: the agent meets no model. */
  readonly gateway?: GatewayPort;
  /** Takes known secrets out of what is written down. */
  readonly clean?: (text: string) => string;
  /** Host path of an attempt's transcript. */
  readonly transcriptPath: (attempt: AttemptId) => string;
  readonly clock: Clock;
  /** Given to the agent on top of its own; the driver's names win. */
  readonly env?: Readonly<Record<string, string>>;
  /** Shown read-only to the agent: swarm's own program, tools. */
  readonly readOnly?: readonly Mount[];
  readonly outputBytes?: number;
  readonly memoryBytes?: number;
  readonly processes?: number;
  /** Told when a transcript cannot be written or a room's own files not be removed; the attempt goes on. */
  readonly onTrouble?: (attempt: AttemptId, why: string) => void;
}

export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** When the sandbox kills it; a driver whose agent keeps its own time adds some grace. */
  readonly wallMs: number;
  /** The agent goes to the gateway's socket itself (GATEWAY_SOCKET_VARIABLE): no bridge is started for it. */
  readonly knowsSocket?: true;
  /**
   * Told each line of stdout. True, or what it says, when it is an event: the transcript then keeps it as one, with what
   * it says.
   */
  readonly onStdout?: (line: string) => boolean | Readonly<Record<string, unknown>> | undefined;
  /** Talks with the agent's process; its stdout is the talk's to write down. When the talk is over, so is the agent. */
  readonly talk?: Talking;
}

export interface Talking {
  readonly lineBytes: number;
  /** `signal` aborts when the agent is called off. Must not reject. */
  with(process: RoomProcess, note: Note, signal: AbortSignal): Promise<void>;
}

/** Writes one line of the transcript. */
export type Note = (fields: Readonly<Record<string, unknown>>) => void;

export interface Session {
  /** On the attempt's workspace; closed with the session. */
  readonly room: Room;
  readonly pass: GatewayPass | undefined;
  launch(launch: Launch): Promise<SessionResult>;
  usage(): Usage;
  /** What every driver tells of its calls. */
  used(): Pick<AgentResult, 'usage' | 'cutOff'>;
}

export interface SessionResult {
  readonly sandbox: SandboxResult;
  /** The first cause, when it was not the agent's own exit. */
  readonly cause: StopCause | undefined;
}

const OUTPUT_BYTES = 64 * 1024 * 1024;
/** How long an agent that is called off may take to say so, and one that is told goodbye to put its things away. */
const PARTING_MS = 2_000;

/** Runs `work` with a session and takes everything down again, however it ends. */
export async function withSession<T>(
  parts: DriverParts,
  job: AgentJob,
  work: (session: Session) => Promise<T>,
  needs: Pick<RoomNeeds, 'keepsHome'> = {},
): Promise<T> {
  const pass = await parts.gateway?.issue(job.attempt, {
    tokens: job.limits.tokens,
    ...(job.limits.usd !== undefined && { usd: job.limits.usd }),
  });
  try {
    const room = await job.open({
      ...needs,
      readOnly: parts.readOnly ?? [],
      ...(pass && { gatewaySocket: pass.socketPath }),
    });
    try {
      return await work(sessionOf(parts, job, room, pass));
    } finally {
      // The agent wrote in it: what cannot be removed is left, and said.
      await room.close().catch((error: Error) => {
        parts.onTrouble?.(job.attempt, `files of the job are left behind: ${error.message}`);
      });
    }
  } finally {
    await parts.gateway?.revoke(job.attempt);
  }
}

function sessionOf(parts: DriverParts, job: AgentJob, room: Room, pass: GatewayPass | undefined): Session {
  const usage = () => pass?.usage() ?? NO_USAGE;
  return {
    room,
    pass,
    usage,
    used() {
      const cutOff = pass?.cutOff?.() ?? 0;
      return { usage: usage(), ...(cutOff > 0 && { cutOff }) };
    },
    launch: (launch) => runWatched(parts, job, launch, { room, pass, usage }),
  };
}

async function runWatched(
  parts: DriverParts,
  job: AgentJob,
  launch: Launch,
  { room, pass, usage }: Pick<Session, 'room' | 'pass' | 'usage'>,
): Promise<SessionResult> {
  const callOff = () => pass?.callOff?.();
  // Before the watch, which ends the process by the same signal.
  job.signal.addEventListener('abort', callOff, { once: true });
  const watch = startWatch(parts.clock, job, usage);
  const transcript = openTranscript(
    parts.transcriptPath(job.attempt),
    cleanLine(pass?.token, parts.clean),
    (why) => parts.onTrouble?.(job.attempt, why),
  );
  const onLine = (stream: 'stdout' | 'stderr', line: string) => {
    watch.alive();
    if (launch.talk && stream === 'stdout') return;
    const heard = stream === 'stdout' && launch.onStdout?.(line);
    const fields = heard
      ? { event: JSON.parse(line) as unknown, ...(heard !== true && heard) }
      : { stream, text: plainText(line) };
    transcript.write(parts.clock.now(), fields);
  };
  try {
    const command: RoomCommand = {
      name: job.attempt,
      argv: launch.argv,
      env: { ...parts.env, ...keys(pass), ...launch.env },
      network: 'agent',
      ...(pass && { gateway: launch.knowsSocket ? 'socket' : 'address' }),
      limits: limitsOf(parts, launch),
      onLine,
      onReach: (reached) => job.onActivity({ kind: 'network', detail: reachedText(reached), reached }),
    };
    const note: Note = (fields) => transcript.write(parts.clock.now(), fields);
    const sandbox = launch.talk
      ? await talked(parts.clock, room, command, launch.talk, { note, signal: watch.signal })
      : await room.run({ ...command, signal: watch.signal });
    return { sandbox, cause: watch.cause() };
  } finally {
    watch.close();
    job.signal.removeEventListener('abort', callOff);
    await transcript.close();
  }
}

/** Called off, the agent hears of it from the talk first; it ends by itself or is ended. */
async function talked(
  clock: Clock,
  room: Room,
  command: RoomCommand,
  talk: Talking,
  { note, signal }: { readonly note: Note; readonly signal: AbortSignal },
): Promise<SandboxResult> {
  const over = new AbortController();
  const process = room.start({ ...command, signal: over.signal });
  let isGone = false;
  let cancel = () => {};
  const part = () => {
    cancel();
    if (!isGone) cancel = clock.after(PARTING_MS, () => over.abort());
  };
  if (signal.aborted) part();
  else signal.addEventListener('abort', part, { once: true });
  void talk.with(process, note, signal).then(() => {
    process.stdin.end();
    part();
  });
  return process.ended.finally(() => {
    isGone = true;
    cancel();
    signal.removeEventListener('abort', part);
  });
}

/** The provider of the sandbox sets the base URLs: only it knows the port. */
function keys(pass: GatewayPass | undefined): Record<string, string> {
  return pass ? { OPENAI_API_KEY: pass.token, ANTHROPIC_API_KEY: pass.token } : {};
}

function limitsOf(
  { outputBytes = OUTPUT_BYTES, memoryBytes, processes }: DriverParts,
  { wallMs, talk }: Launch,
) {
  return {
    wallMs,
    outputBytes,
    ...(talk && { lineBytes: talk.lineBytes }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(processes !== undefined && { processes }),
  };
}
