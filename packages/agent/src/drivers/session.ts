/** What every driver does around its agent's process: folders, token, transcript, signs of life, one cause. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AgentJob, AttemptId, Clock, Mount, Sandbox, SandboxResult, Usage } from '@swarm/core';
import { NO_USAGE, SwarmError } from '@swarm/core';
import { openTranscript, plainText } from '../transcript.ts';
import { type StopCause, startWatch } from './watch.ts';

/** One attempt's way to the model. */
export interface GatewayPass {
  readonly token: string;
  /** Host path of the unix socket this attempt's sandbox is given. */
  readonly socketPath: string;
  usage(): Usage;
  /** Which of the attempt's limits it last refused a call for, if any. */
  refused?(): 'tokens' | 'usd' | undefined;
}
export interface GatewayPort {
  issue(
    attempt: AttemptId,
    limits: { readonly tokens: number; readonly usd?: number },
  ): GatewayPass | Promise<GatewayPass>;
  /** Ends what is under way; what it used is in `usage` by then. */
  revoke(attempt: AttemptId): unknown;
}

export interface DriverParts {
  readonly sandbox: Sandbox;
  /** Absent: the agent meets no model. */
  readonly gateway?: GatewayPort;
  /** Host path of an attempt's transcript. */
  readonly transcriptPath: (attempt: AttemptId) => string;
  /** Private host folder the driver makes one folder in for each attempt, and removes it again. */
  readonly jobsFolder: string;
  readonly clock: Clock;
  /** Given to the agent on top of its own; the driver's names win. */
  readonly env?: Readonly<Record<string, string>>;
  /** Shown read-only to the agent: swarm's own program, tools. */
  readonly readOnly?: readonly Mount[];
  readonly outputBytes?: number;
  readonly memoryBytes?: number;
  readonly processes?: number;
  /** Told when a transcript cannot be written or a job folder not be removed; the attempt goes on. */
  readonly onTrouble?: (attempt: AttemptId, why: string) => void;
}

/** Where the sandbox shows a mount: `none` maps no paths. */
export function shownAt(sandbox: Sandbox, mount: Mount): string {
  return sandbox.provider === 'none' ? mount.host : mount.inside;
}

export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** When the sandbox kills it; a driver whose agent keeps its own time adds some grace. */
  readonly wallMs: number;
  /** The agent goes to the gateway's socket itself (SOCKET_VARIABLE): no bridge is started for it. */
  readonly knowsSocket?: true;
  /** Told each line of stdout; true when it is an event, which the transcript then keeps as one. */
  readonly onStdout?: (line: string) => boolean;
}

export interface Session {
  /** Host folders mounted at /swarm/job (read-only) and /swarm/out (writable). */
  readonly job: Mount;
  readonly out: Mount;
  readonly pass: GatewayPass | undefined;
  launch(launch: Launch): Promise<SessionResult>;
  usage(): Usage;
}

export interface SessionResult {
  readonly sandbox: SandboxResult;
  /** The first cause, when it was not the agent's own exit. */
  readonly cause: StopCause | undefined;
}

const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs `work` with a session and takes everything down again, however it ends. */
export async function withSession<T>(
  parts: DriverParts,
  job: AgentJob,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const folder = join(parts.jobsFolder, job.attempt);
  const pass = await parts.gateway?.issue(job.attempt, {
    tokens: job.limits.tokens,
    ...(job.limits.usd !== undefined && { usd: job.limits.usd }),
  });
  try {
    return await work(await openSession(parts, job, folder, pass));
  } finally {
    await parts.gateway?.revoke(job.attempt);
    // The agent wrote in it: folders it locked are left, and said.
    await rm(folder, { recursive: true, force: true }).catch((error: Error) => {
      parts.onTrouble?.(job.attempt, `the job folder is left behind: ${error.message}`);
    });
  }
}

async function openSession(
  parts: DriverParts,
  job: AgentJob,
  folder: string,
  pass: GatewayPass | undefined,
): Promise<Session> {
  const jobMount = { host: join(folder, 'job'), inside: '/swarm/job' };
  const out = { host: join(folder, 'out'), inside: '/swarm/out' };
  await makeFolders(folder, [jobMount.host, out.host]);
  const usage = () => pass?.usage() ?? NO_USAGE;
  return {
    job: jobMount,
    out,
    pass,
    usage,
    launch: (launch) => runWatched(parts, job, launch, { job: jobMount, out, pass, usage }),
  };
}

/** A leftover of a killed orchestrator is replaced. */
async function makeFolders(folder: string, inner: readonly string[]): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    for (const path of inner) await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SwarmError({ code: 'SW0701', what: `the job folder ${folder} cannot be made`, why }, { cause });
  }
}

async function runWatched(
  parts: DriverParts,
  job: AgentJob,
  launch: Launch,
  own: Pick<Session, 'job' | 'out' | 'pass' | 'usage'>,
): Promise<SessionResult> {
  const watch = startWatch(parts.clock, job, own.usage);
  const transcript = openTranscript(
    parts.transcriptPath(job.attempt),
    own.pass ? [own.pass.token] : [],
    (why) => parts.onTrouble?.(job.attempt, why),
  );
  const onLine = (stream: 'stdout' | 'stderr', line: string) => {
    watch.alive();
    const isEvent = stream === 'stdout' && launch.onStdout?.(line);
    const fields = isEvent ? { event: JSON.parse(line) as unknown } : { stream, text: plainText(line) };
    transcript.write(parts.clock.now(), fields);
  };
  const socket = launch.knowsSocket && own.pass ? socketMount(own.pass) : undefined;
  try {
    const sandbox = await parts.sandbox.run({
      name: job.attempt,
      argv: launch.argv,
      workspace: job.workspace.path,
      // Not the intake: what an agent leaves is saved by a command of ours, once it is gone.
      readOnly: [
        ...sameInside(job.workspace.readOnly),
        ...(parts.readOnly ?? []),
        own.job,
        ...(socket ? [socket] : []),
      ],
      readWrite: [own.out],
      env: {
        ...parts.env,
        ...keys(own.pass),
        ...launch.env,
        ...(socket && {
          [SOCKET_VARIABLE]: join(shownAt(parts.sandbox, socket), basename(own.pass!.socketPath)),
        }),
      },
      network: 'none',
      ...(own.pass && !socket && { gatewaySocket: own.pass.socketPath }),
      limits: limitsOf(parts, launch.wallMs),
      signal: watch.signal,
      onLine,
    });
    return { sandbox, cause: watch.cause() };
  } finally {
    watch.close();
    await transcript.close();
  }
}

/** Where an agent that knows the gateway's socket finds it. */
export const SOCKET_VARIABLE = 'SWARM_GATEWAY_SOCKET';

const socketMount = (pass: GatewayPass): Mount => ({
  host: dirname(pass.socketPath),
  inside: '/swarm/gateway',
});

const sameInside = (paths: readonly string[]): Mount[] => paths.map((path) => ({ host: path, inside: path }));

/** The provider of the sandbox sets the base URLs: only it knows the port. */
function keys(pass: GatewayPass | undefined): Record<string, string> {
  return pass ? { OPENAI_API_KEY: pass.token, ANTHROPIC_API_KEY: pass.token } : {};
}

function limitsOf({ outputBytes = OUTPUT_BYTES, memoryBytes, processes }: DriverParts, wallMs: number) {
  return {
    wallMs,
    outputBytes,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(processes !== undefined && { processes }),
  };
}
