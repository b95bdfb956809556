/** What every driver does around its agent's process: folders, token, transcript, signs of life, one cause. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentEnd, AgentJob, AttemptId, Clock, Mount, Sandbox, SandboxResult, Usage } from '@swarm/core';
import { assertNever, NO_USAGE, SwarmError } from '@swarm/core';
import { openTranscript, plainText } from '../transcript.ts';

/** One attempt's way to the model. */
export interface GatewayPass {
  readonly token: string;
  /** Host path of the unix socket this attempt's sandbox is given. */
  readonly socketPath: string;
  usage(): Usage;
}
export interface GatewayPort {
  issue(attempt: AttemptId, limits: { readonly tokens: number; readonly usd?: number }): GatewayPass;
  revoke(attempt: AttemptId): void;
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
  /** Told when a transcript cannot be written; the attempt goes on. */
  readonly onTranscriptBroken?: (attempt: AttemptId, why: string) => void;
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
  readonly cause: { readonly end: AgentEnd; readonly detail: string } | undefined;
}

const OUTPUT_BYTES = 64 * 1024 * 1024;
const DETAIL_MAX = 2_000;

/** Runs `work` with a session and takes everything down again, however it ends. */
export async function withSession<T>(
  parts: DriverParts,
  job: AgentJob,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const folder = join(parts.jobsFolder, job.attempt);
  const pass = parts.gateway?.issue(job.attempt, {
    tokens: job.limits.tokens,
    ...(job.limits.usd !== undefined && { usd: job.limits.usd }),
  });
  try {
    const session = openSession(parts, job, folder, pass);
    return await work(session);
  } finally {
    parts.gateway?.revoke(job.attempt);
    rmSync(folder, { recursive: true, force: true, maxRetries: 2 });
  }
}

function openSession(
  parts: DriverParts,
  job: AgentJob,
  folder: string,
  pass: GatewayPass | undefined,
): Session {
  const jobMount = { host: join(folder, 'job'), inside: '/swarm/job' };
  const out = { host: join(folder, 'out'), inside: '/swarm/out' };
  makeFolders(folder, [jobMount.host, out.host]);
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
function makeFolders(folder: string, inner: readonly string[]): void {
  try {
    rmSync(folder, { recursive: true, force: true });
    for (const path of inner) mkdirSync(path, { recursive: true, mode: 0o700 });
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
    (why) => parts.onTranscriptBroken?.(job.attempt, why),
  );
  const onLine = (stream: 'stdout' | 'stderr', line: string) => {
    watch.alive();
    const isEvent = stream === 'stdout' && launch.onStdout?.(line);
    const fields = isEvent ? { event: JSON.parse(line) as unknown } : { stream, text: plainText(line) };
    transcript.write(parts.clock.now(), fields);
  };
  try {
    const sandbox = await parts.sandbox.run({
      name: job.attempt,
      argv: launch.argv,
      workspace: job.workspace.path,
      readOnly: [...sameInside(job.workspace.readOnly), ...(parts.readOnly ?? []), own.job],
      readWrite: [...sameInside(job.workspace.intake ? [job.workspace.intake] : []), own.out],
      env: { ...parts.env, ...keys(own.pass), ...launch.env },
      network: 'none',
      ...(own.pass && { gatewaySocket: own.pass.socketPath }),
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

/** Aborts the agent when the job is called off, or when neither a line nor a model call came for `quietMs`. */
function startWatch(clock: Clock, job: AgentJob, usage: () => Usage) {
  const controller = new AbortController();
  let cause: SessionResult['cause'];
  const stop = (end: AgentEnd, detail: string) => {
    cause ??= { end, detail };
    controller.abort();
  };
  const abort = () => stop('aborted', 'the attempt was called off');
  if (job.signal.aborted) abort();
  job.signal.addEventListener('abort', abort, { once: true });
  const { quietMs } = job.limits;
  let lastAt = clock.monotonic();
  let calls = 0;
  // One timer that looks again, not one for each line: agents print thousands.
  let cancel = clock.after(quietMs, look);
  function look(): void {
    const seen = usage().calls;
    if (seen > calls) lastAt = clock.monotonic();
    calls = seen;
    const left = lastAt + quietMs - clock.monotonic();
    if (left <= 0) stop('stuck', `no line of output and no model call for ${Math.round(quietMs / 1000)} s`);
    else cancel = clock.after(left, look);
  }
  return {
    signal: controller.signal,
    cause: () => cause,
    alive: () => {
      lastAt = clock.monotonic();
    },
    close: () => {
      cancel();
      job.signal.removeEventListener('abort', abort);
    },
  };
}

/** How an agent ended that did not say so itself; `exited` with 0 is for the driver to judge. */
export function endOf({ sandbox, cause }: SessionResult): { end: AgentEnd; detail: string } {
  if (cause) return cause;
  const detail = tailOf(sandbox.output);
  switch (sandbox.end) {
    case 'exited':
      if (sandbox.exitCode === 0) return { end: 'finished', detail: 'exit code 0' };
      return { end: 'failed', detail: `exit code ${sandbox.exitCode}: ${detail}` };
    case 'timeout':
      return { end: 'timeout', detail: `ran out of time: ${detail}` };
    case 'output-limit':
      return { end: 'failed', detail: `printed too much: ${detail}` };
    case 'aborted':
      return { end: 'aborted', detail: 'the attempt was called off' };
    case 'killed':
      return { end: 'killed', detail: `killed by a signal, as when memory runs out: ${detail}` };
    case 'cannot-run':
      return { end: 'cannot-run', detail };
    default:
      return assertNever(sandbox.end);
  }
}

/** The end of an agent's output, for people: no control characters, capped. */
export function tailOf(output: string): string {
  const text = output.split('\n').map(plainText).join('\n').trim();
  return text.length <= DETAIL_MAX ? text : `…${text.slice(-DETAIL_MAX)}`;
}
