/** Starts our own agent like any other: a child process in the sandbox that meets the model through the gateway. */
import type { AgentEnd } from '@swarm/core/model/attempt';
import type { DialectName } from '@swarm/core/model/dialect';
import { taskOf } from '@swarm/core/model/ids';
import { tokensOf } from '@swarm/core/model/usage';
import type { Agent, AgentActivity, AgentJob, AgentResult } from '@swarm/core/ports/running';
import { countText } from '@swarm/core/views/words';
import { type AgentEvent, cutText, type LoopEnd, parseAgentEvent } from '../agent-events.ts';
import { type ChildJob, JOB_VARIABLE } from '../child.ts';
import type { OpenServers } from '../mcp/open.ts';
import type { McpParts } from '../mcp/server.ts';
import { plainText, shownText } from '../transcript.ts';
import { mcpOf, talkWith, withNotes, withServers } from './builtin-mcp.ts';
import { endOf, endOfClaim, limitMet } from './endings.ts';
import { placeNotes } from './notes-file.ts';
import { type DriverParts, type Session, withSession } from './session.ts';
import { placeLog } from './told.ts';

export interface BuiltinParts extends DriverParts {
  /** The Node to run it with, and its flags, as the sandbox shows them. */
  readonly nodePath: string;
  readonly nodeArgs?: readonly string[];
  /** The program that calls runChildJob, as the sandbox shows it; a mount in `readOnly` brings it in. */
  readonly agentMain: string;
  /** Name of the worker model, sent as it stands. */
  readonly model: string;
  /** What it asks the gateway in; chat completions when absent. */
  readonly dialect?: DialectName;
  /** Tokens of the model's window, where its profile says so. */
  readonly windowTokens?: number;
  /** The model calls no tools by itself: they are described in text, and calls are read from its text. */
  readonly textTools?: boolean;
  /** The tools it has, besides its plan and handing in; all of them when absent. */
  readonly tools?: readonly string[];
  /** Servers whose tools it is offered besides. */
  readonly mcp?: McpParts;
}

/** The child keeps its own time and says how it ended; the sandbox's clock is for a child that does not. */
const GRACE_MS = 10_000;
/** The file in which the child leaves its conversation. A longer one does not go on. */
const TALK = 'talk.json';
const TALK_MAX_BYTES = 4 * 1024 * 1024;

export function createBuiltinAgent(parts: BuiltinParts): Agent {
  return {
    name: 'builtin',
    hears: true,
    run: (job) =>
      withSession(parts, job, (session) =>
        parts.mcp
          ? withServers(parts.mcp, parts, job, session, (servers) =>
              runBuiltin(parts, job, session, withNotes(job, parts, servers)),
            )
          : runBuiltin(parts, job, session, withNotes(job, parts)),
      ),
  };
}

async function runBuiltin(
  parts: BuiltinParts,
  job: AgentJob,
  session: Session,
  servers?: Pick<OpenServers, 'tools' | 'absent' | 'call'>,
): Promise<AgentResult> {
  const notes = job.notes && (await placeNotes(job.notes, session.room));
  const child = {
    ...childJobOf(parts, job, session.room.workspace),
    ...(await withLog(job, session)),
    ...(servers && mcpOf(job, servers)),
    talkOut: await session.room.outlet(TALK),
    ...(notes && { notes: notes.path }),
  };
  const file = await session.room.place({ name: 'job.json', text: JSON.stringify(child) });
  let ended: Extract<AgentEvent, { type: 'ended' }> | undefined;
  let toolCalls = 0;
  const onStdout = (line: string): boolean => {
    const event = parseAgentEvent(line);
    // What it says after its end is kept in the transcript and counts for nothing.
    if (!event || ended) return event !== undefined;
    if (event.type === 'ended') ended = event;
    if (event.type === 'heard') notes?.heard(event.notes);
    if (event.type === 'tool.ended') toolCalls++;
    const activity = activityOf(event);
    if (activity) job.onActivity(activity);
    return true;
  };
  const result = await session
    .launch({
      argv: [parts.nodePath, ...(parts.nodeArgs ?? []), parts.agentMain],
      env: { [JOB_VARIABLE]: file },
      wallMs: job.limits.wallMs + GRACE_MS,
      knowsSocket: true,
      ...(servers ? { talk: talkWith(servers, onStdout) } : { onStdout }),
    })
    .finally(() => notes?.close());
  const common = { ...session.used(), toolCalls };
  // Stopped by us, it says `aborted`: why it was stopped is the first cause.
  const wasStopped = result.cause && ended?.reason === 'aborted';
  if (ended && !wasStopped) {
    const talk = ended.reason === 'handed-in' && (await session.room.collect(TALK, TALK_MAX_BYTES));
    const kept = talk && talk.kind === 'text' && { talk: talk.text };
    return { ...endFromEvent(ended, job, session), ...common, ...kept };
  }
  const { end, detail } = endOf(result);
  if (end !== 'finished') return { end, detail, ...common };
  return { end: 'failed', detail: 'the agent exited without saying how it ended', ...common };
}

/** With what it is told now, and the file it may look into. */
async function withLog({ goOn }: AgentJob, { room }: Session): Promise<Partial<ChildJob>> {
  if (!goOn) return {};
  const { told, path } = await placeLog(goOn, room);
  return { goOn: { talk: goOn.talk, told }, ...(path !== undefined && { readable: [path] }) };
}

function childJobOf(parts: BuiltinParts, job: AgentJob, workspace: string): ChildJob {
  return {
    attempt: job.attempt,
    task: taskOf(job.attempt),
    workspace,
    prompt: job.prompt,
    model: parts.model,
    ...(parts.dialect && { dialect: parts.dialect }),
    ...(parts.textTools && { textTools: true }),
    ...(parts.tools && { tools: [...parts.tools] }),
    limits: {
      steps: job.limits.steps,
      tokens: job.limits.tokens,
      wallMs: job.limits.wallMs,
      ...(parts.windowTokens !== undefined && { windowTokens: parts.windowTokens }),
    },
  };
}

function endFromEvent(
  event: Extract<AgentEvent, { type: 'ended' }>,
  job: AgentJob,
  session: Session,
): Pick<AgentResult, 'end' | 'detail' | 'claim'> {
  const end = endOfLoop(event.reason, job, session);
  const detail = cutText(plainText(event.detail), 2_000);
  if (!event.claim) return { end, detail };
  // Last words at a limit are a claim too, and the limit stays the ending.
  return { end: end === 'finished' ? endOfClaim(event.claim.status) : end, detail, claim: event.claim };
}

/** A quota that is used up is the attempt's own share, or the provider's. */
function endOfLoop(reason: LoopEnd, job: AgentJob, session: Session): AgentEnd {
  if (reason === 'handed-in') return 'finished';
  return reason === 'quota' ? (limitMet(job, session) ?? 'model-down') : reason;
}

function activityOf(event: AgentEvent): AgentActivity | undefined {
  switch (event.type) {
    case 'answered': {
      const detail = `step ${event.step}: ${event.how}, ${countText(event.calls, 'call')}, ${tokensOf(event.usage)} tokens`;
      return { kind: 'model', detail: shownText(detail) };
    }
    case 'tool.ended': {
      const { tool, ok, durationMs, output } = event;
      return { kind: 'tool', tool: shownText(tool), detail: shownText(output), ok, durationMs };
    }
    case 'cut':
      return { kind: 'cut', cut: { counted: event.counted, least: event.least } };
    case 'compacted': {
      const { by, before, after, windowTokens } = event;
      const detail = `room is made (${by}): ${before} characters became ${after}, for a window of ${windowTokens} tokens`;
      return { kind: 'text', detail: shownText(detail) };
    }
    case 'nudged':
      return { kind: 'text', detail: shownText(`nudged: ${event.why}`) };
    default:
      return undefined;
  }
}
