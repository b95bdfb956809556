/**
 * Any agent that speaks the Agent Client Protocol on its stdin and stdout: `[agent.acp] run`. It may do everything the
 * sandbox lets it do. Why it stopped is noted and decides nothing: its work and the checks do.
 */
import { HANDOFF_TEXT_MAX, type HandoffClaim } from '@swarm/core/model/handoff';
import { type Agent, type AgentJob, type AgentResult, wholePrompt } from '@swarm/core/ports/running';
import * as z from 'zod';
import { cutText } from '../agent-events.ts';
import { placeSharedNotes } from '../shared-notes.ts';
import { LINE_MAX_BYTES } from '../wire.ts';
import { END_OF_TURN, type Turn, takeTurn } from './acp/turn.ts';
import { Updates } from './acp/updates.ts';
import { cannotRun, programOf } from './command.ts';
import { endOf, limitMet, tailOf } from './endings.ts';
import { type DriverParts, type Session, type SessionResult, withSession } from './session.ts';
import { placeLog, takeNotes } from './told.ts';

export interface AcpParts extends DriverParts {
  /** Program and arguments; `{model}` and `{workspace}` are filled in; no shell is involved. */
  readonly run: readonly string[];
  /** The mode its sessions are put into, by the agent's own name for it. */
  readonly mode?: string;
  /** Name of the worker model. */
  readonly model?: string;
  /** The most time from its start to its prompt. */
  readonly setUpMs?: number;
}

const SET_UP_MS = 120_000;

/** Prints where the gateway answers, which only the room knows, and becomes the agent. */
const WITH_ADDRESS = ['/bin/sh', '-c', 'printf "%s\\n" "$SWARM_GATEWAY_URL"; exec "$@"', 'sh'];
/** What a shell ends with when there is no such program, or none that can be run. */
const NOT_STARTED: ReadonlySet<number | undefined> = new Set([126, 127]);

const keptSchema = z.object({ session: z.string() });

export function createAcpAgent(parts: AcpParts): Agent {
  return {
    name: 'acp',
    hears: true,
    run: (job) => withSession(parts, job, (session) => runAcp(parts, job, session), { keepsHome: true }),
  };
}

async function runAcp(parts: AcpParts, job: AgentJob, session: Session): Promise<AgentResult> {
  const { room, pass } = session;
  const argv = fillIn(parts, room.workspace);
  const refusal = await cannotRun(room, argv, 'agent.acp');
  if (refusal) return { end: 'cannot-run', detail: refusal, usage: session.usage(), toolCalls: 0 };
  const told = job.goOn && (await placeLog(job.goOn, room)).told;
  const before = job.goOn && keptSchema.parse(JSON.parse(job.goOn.talk)).session;
  const whole = wholePrompt(job.prompt);
  const { promise: turned, resolve } = Promise.withResolvers<{ turn: Turn; updates: Updates }>();
  const shared = await placeSharedNotes(job, room, parts.clean);
  const result = await session.launch({
    argv: [...WITH_ADDRESS, programOf(argv[0]!, room.workspace), ...argv.slice(1)],
    env: shared.env,
    wallMs: job.limits.wallMs,
    talk: {
      lineBytes: LINE_MAX_BYTES,
      async with(process, note, signal) {
        const { clock } = parts;
        const updates = new Updates({ clock, note, onActivity: job.onActivity });
        const turn = await takeTurn(
          process,
          {
            cwd: room.workspace,
            ...(before !== undefined && { session: before }),
            ...(parts.mode !== undefined && { mode: parts.mode }),
            ...(pass && { token: pass.token }),
            // A session that could not be taken up knows nothing of the task.
            prompt: ({ isSame }) => (isSame ? told! : told ? `${whole}\n\n${told}` : whole),
            setUpMs: parts.setUpMs ?? SET_UP_MS,
            next: () => takeNotes(job.notes),
          },
          { clock, note, updates, signal },
        );
        resolve({ turn, updates });
      },
    },
  });
  const { turn, updates } = await turned;
  await shared.collect();
  const common = { usage: session.usage(), toolCalls: updates.toolCalls };
  if (turn.kind !== 'ended' || result.cause) return { ...failureOf(turn, result, job, session), ...common };
  const claim = claimOf(turn.stop, updates.lastText);
  const talk = JSON.stringify({ session: turn.session } satisfies z.infer<typeof keptSchema>);
  return { end: 'finished', detail: `stopped: ${turn.stop}`, ...(claim && { claim }), ...common, talk };
}

function fillIn({ run, model = '' }: AcpParts, workspace: string): string[] {
  const values = { model, workspace };
  return run.map((part) =>
    part.replaceAll(/\{(model|workspace)\}/g, (_, name: keyof typeof values) => values[name]),
  );
}

/** Its last words, of a turn that it ended itself; of another they may stand in the middle of the work. */
function claimOf(stop: string, text: string): HandoffClaim | undefined {
  if (text === '') return undefined;
  const status = stop === END_OF_TURN ? 'complete' : 'partial';
  return { status, summary: cutText(text, HANDOFF_TEXT_MAX), concerns: [], suggestions: [] };
}

/** The first cause: we stopped it, the room did, it broke the protocol, or its process ended. */
function failureOf(
  turn: Turn,
  result: SessionResult,
  job: AgentJob,
  session: Session,
): Pick<AgentResult, 'end' | 'detail'> {
  const { sandbox, cause } = result;
  if (cause || (sandbox.end !== 'exited' && sandbox.end !== 'aborted')) return endOf(result);
  const tail = tailOf(wordsIn(sandbox.output));
  if (turn.kind === 'failed') {
    const end = turn.end === 'failed' ? (limitMet(job, session) ?? turn.end) : turn.end;
    return { end, detail: `${turn.detail}: ${tail}` };
  }
  const isGreeted = turn.kind === 'closed' && turn.isGreeted;
  if (!isGreeted && NOT_STARTED.has(sandbox.exitCode)) return { end: 'cannot-run', detail: tail };
  const when = isGreeted ? 'in the middle of its work' : 'before it answered';
  const end = limitMet(job, session) ?? 'failed';
  return { end, detail: `its process ended ${when}, with exit code ${sandbox.exitCode}: ${tail}` };
}

/** What it printed for people: neither the gateway's address nor its messages. */
const wordsIn = (output: string): string =>
  output
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('{'))
    .join('\n');
