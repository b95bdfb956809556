/**
 * Starts one of the agents people already have, over its row in presets/. What it did is judged by its diff and the
 * checks: neither its exit code nor its last word makes it done.
 */
import type { HandoffClaim } from '@swarm/core/model/handoff';
import { taskOf } from '@swarm/core/model/ids';
import { type Agent, type AgentJob, type AgentResult, wholePrompt } from '@swarm/core/ports/running';
import { cutText } from '../agent-events.ts';
import { placeSharedNotes } from '../shared-notes.ts';
import { plainText } from '../transcript.ts';
import { endOf, endOfClaim, limitMet } from './endings.ts';
import { claimOf, HANDOFF, HANDOFF_MAX_BYTES } from './handoff-file.ts';
import { type Hearing, hear } from './presets/hearing.ts';
import { launcherText } from './presets/launcher.ts';
import type { Preset } from './presets/preset.ts';
import { type DriverParts, type Session, type SessionResult, withSession } from './session.ts';

export interface PresetParts extends DriverParts {
  readonly preset: Preset;
  /** The program as the sandbox shows it, with the Node before it where it needs one; `readOnly` brings it in. */
  readonly argv: readonly string[];
  readonly model: string;
  readonly windowTokens?: number | undefined;
}

export function createPresetAgent(parts: PresetParts): Agent {
  return {
    name: parts.preset.name,
    run: (job) => withSession(parts, job, (session) => runPreset(parts, job, session)),
  };
}

async function runPreset(parts: PresetParts, job: AgentJob, session: Session): Promise<AgentResult> {
  const { preset, argv, model, windowTokens } = parts;
  const { room } = session;
  const prompt = await room.place({ name: 'prompt.md', text: wholePrompt(job.prompt) });
  const start = preset.start({ model, windowTokens });
  const launcher = await room.place({ name: 'start.sh', text: launcherText(argv, start, prompt) });
  const hearing = hear(preset, job, parts.clock);
  const shared = await placeSharedNotes(job, session.room, parts.clean);
  const result = await session.launch({
    argv: ['/bin/sh', launcher],
    env: {
      ...shared.env,
      SWARM_HANDOFF: await room.outlet(HANDOFF),
      SWARM_TASK: taskOf(job.attempt),
      SWARM_ATTEMPT: job.attempt,
      SWARM_WORKSPACE: room.workspace,
    },
    wallMs: job.limits.wallMs,
    onStdout: hearing.onLine,
  });
  await shared.collect();
  const left = claimOf(await room.collect(HANDOFF, HANDOFF_MAX_BYTES), hearing.lastText());
  return {
    ...judge(job, session, result, hearing, left),
    usage: session.usage(),
    toolCalls: hearing.calls(),
  };
}

/** The way it ended counts where we ended it, or where it could not go on; else what it left in the workspace does. */
function judge(
  job: AgentJob,
  session: Session,
  result: SessionResult,
  hearing: Hearing,
  left: HandoffClaim | undefined,
): Pick<AgentResult, 'end' | 'detail' | 'claim'> {
  const { end, detail } = endOf(result);
  if (end !== 'finished' && end !== 'failed') return { end, detail, ...(left && { claim: left }) };
  const why = hearing.failure() ?? (end === 'failed' ? detail : undefined);
  if (why === undefined) {
    const claim = left ?? silent('complete', hearing.lastText(), 'The agent left no handoff.');
    return { end: endOfClaim(claim.status), detail, claim };
  }
  const claim = left ?? silent('partial', hearing.lastText() || why, `The agent did not end well: ${why}`);
  const stopped = limitMet(job, session) ?? (session.pass?.turnedAway?.() ? 'model-down' : undefined);
  return { end: stopped ?? endOfClaim(claim.status), detail: why, claim };
}

const silent = (status: HandoffClaim['status'], summary: string, concern: string): HandoffClaim => ({
  status,
  summary: cutText(plainText(summary), 4_000),
  concerns: [cutText(plainText(concern), 2_000)],
  suggestions: [],
});
