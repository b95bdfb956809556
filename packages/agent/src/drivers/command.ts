/**
 * Any command line as an agent: `[agent.command] run`. It works in the workspace, finds its prompt and task in
 * files, and may leave a handoff in the file SWARM_HANDOFF names. Exit 0 means that it is done.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, posix } from 'node:path';
import type { HandoffClaim } from '@swarm/core/model/handoff';
import { taskOf } from '@swarm/core/model/ids';
import {
  type Agent,
  type AgentJob,
  type AgentResult,
  type Room,
  wholePrompt,
} from '@swarm/core/ports/running';
import { placeSharedNotes } from '../shared-notes.ts';
import { endOf, endOfClaim, limitMet, tailOf } from './endings.ts';
import { claimOf, HANDOFF, HANDOFF_MAX_BYTES } from './handoff-file.ts';
import { type DriverParts, type Session, withSession } from './session.ts';

export interface CommandParts extends DriverParts {
  /** How the report names it. */
  readonly name?: string;
  /** `{prompt_file}`, `{prompt}`, `{workspace}` and `{task_file}` are filled in; no shell is involved. */
  readonly run: readonly string[];
}

/** Linux takes no single argument over 128 KiB (MAX_ARG_STRLEN). */
const ARGUMENT_MAX_BYTES = 128 * 1024 - 1;

export function createCommandAgent(parts: CommandParts): Agent {
  return {
    name: parts.name ?? 'command',
    run: (job) => withSession(parts, job, (session) => runCommandAgent(parts, job, session)),
  };
}

async function runCommandAgent(parts: CommandParts, job: AgentJob, session: Session): Promise<AgentResult> {
  const places = await placeFiles(job, session.room);
  const argv = fillIn(parts.run, { ...places, prompt: wholePrompt(job.prompt) });
  const refusal = await cannotRun(session.room, argv, 'agent.command');
  if (refusal) return { end: 'cannot-run', detail: refusal, usage: session.usage(), toolCalls: 0 };
  const shared = await placeSharedNotes(job, session.room, parts.clean);
  const result = await session.launch({
    argv: [programOf(argv[0]!, places.workspace), ...argv.slice(1)],
    env: {
      ...shared.env,
      SWARM_HANDOFF: places.handoff,
      SWARM_TASK: taskOf(job.attempt),
      SWARM_ATTEMPT: job.attempt,
      SWARM_WORKSPACE: places.workspace,
    },
    wallMs: job.limits.wallMs,
  });
  await shared.collect();
  const left = await session.room.collect(HANDOFF, HANDOFF_MAX_BYTES);
  const said = claimOf(left, tailOf(result.sandbox.output));
  return judge(job, session, endOf(result), said);
}

interface Places {
  readonly prompt_file: string;
  readonly task_file: string;
  readonly workspace: string;
  readonly handoff: string;
}

/** @returns the paths as the agent sees them. */
async function placeFiles(job: AgentJob, room: Room): Promise<Places> {
  return {
    prompt_file: await room.place({ name: 'prompt.md', text: wholePrompt(job.prompt) }),
    task_file: await room.place({ name: 'task.json', text: job.taskJson }),
    workspace: room.workspace,
    handoff: await room.outlet(HANDOFF),
  };
}

/** In one pass, so that a prompt that speaks of {workspace} stays as it is. */
export function fillIn(
  template: readonly string[],
  values: { prompt_file: string; prompt: string; workspace: string; task_file: string },
): string[] {
  const hole = /\{(prompt_file|prompt|workspace|task_file)\}/g;
  return template.map((part) => part.replaceAll(hole, (_, name: keyof typeof values) => values[name]));
}

/** A path with a slash is the repository's own program; a bare name is looked for on PATH inside. */
export function programOf(program: string, workspace: string): string {
  return isAbsolute(program) || !program.includes('/') ? program : posix.join(workspace, program);
}

/** Why the command line cannot work, with the fix; undefined when nothing is known against it. */
export async function cannotRun(
  room: Room,
  argv: readonly string[],
  table: 'agent.command' | 'agent.acp',
): Promise<string | undefined> {
  const [program] = argv;
  if (!program) return `${table}.run is empty; fix: set run = ["./my-agent.sh"] in [${table}]`;
  const long = argv.findIndex((part) => Buffer.byteLength(part) > ARGUMENT_MAX_BYTES);
  if (long !== -1) {
    return `argument ${long} of ${table}.run is longer than the system allows; fix: use {prompt_file} instead of {prompt}`;
  }
  if (!program.includes('/') || (await room.sees(program))) return undefined;
  if (!isAbsolute(program)) {
    return `the agent's program ${program} is not in the repository at this commit; fix: commit it, or name a program on PATH`;
  }
  // A program that is nowhere is named in the error when it is started.
  if (!existsSync(program)) return undefined;
  return `the agent's program ${program} is not visible inside the sandbox; fix: install it under /usr, commit it and name it ./${posix.basename(program)}, or run with --sandbox none`;
}

/** The exit decides, then the handoff's status; a limit that was reached explains a failure. */
function judge(
  job: AgentJob,
  session: Session,
  { end, detail }: ReturnType<typeof endOf>,
  claim: HandoffClaim | undefined,
): AgentResult {
  const common = { ...session.used(), toolCalls: 0 };
  const withClaim = claim ? { claim } : {};
  if (end === 'finished') {
    return { end: claim ? endOfClaim(claim.status) : 'finished', detail, ...withClaim, ...common };
  }
  return { end: end === 'failed' ? (limitMet(job, session) ?? end) : end, detail, ...withClaim, ...common };
}
