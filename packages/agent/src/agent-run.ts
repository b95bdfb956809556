/** What the loop is given and what it gives back. */
import type { HandoffClaim } from '@swarm/core/model/handoff';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import type { Model } from '@swarm/core/ports/models';
import type { AgentPrompt } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import type { AgentEvent, LoopEnd } from './agent-events.ts';
import type { LoopLimits } from './limits.ts';
import type { Talk } from './talk.ts';
import type { Toolbox } from './tools/index.ts';

export interface AgentRun {
  readonly model: Model;
  readonly tools: Toolbox;
  readonly prompt: AgentPrompt;
  /** A conversation that goes on; absent: it begins with the prompt. */
  readonly talk?: Talk;
  /** Told the conversation when it has handed in, before the last event. */
  readonly onHandedIn?: (talk: Talk) => unknown;
  /** What the operator says while it works. */
  readonly notes?: { take(): readonly string[]; readonly taken: number };
  readonly limits: LoopLimits;
  /** The model calls no tools by itself: they are described in text, and calls are read from its text. */
  readonly textTools?: boolean;
  readonly emit: (event: AgentEvent) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export interface AgentEnding {
  readonly reason: LoopEnd;
  /** One sentence for people: what happened, with the exact error where there is one. */
  readonly detail: string;
  readonly claim?: HandoffClaim;
  readonly usage: Usage;
  readonly steps: number;
  readonly toolCalls: number;
}
