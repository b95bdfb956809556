/** How long a conversation of looking around may be: what is known of its model's window, until its server takes less. */
import type { ModelRole } from '@swarm/core/ports/models';
import { roomIn } from '@swarm/core/rules/conversation';
import type { CutPrompt } from '@swarm/core/rules/cut-prompts';
import type { Context } from '../context.ts';
import { Cuts } from '../prompting/cuts.ts';

export class LengthLimit {
  readonly #role: ModelRole;
  readonly #cuts: Cuts;
  /** Most characters. */
  chars: number;

  /** @param chars absent: as many as the planner’s model takes. */
  constructor(
    context: Pick<Context<'log' | 'model'>, 'ports' | 'settings'>,
    role: ModelRole,
    chars = context.settings.plannerContextChars,
  ) {
    this.#role = role;
    this.#cuts = new Cuts(context);
    this.chars = chars;
  }

  learn(cut: CutPrompt): void {
    this.chars = Math.min(this.chars, roomIn(cut.counted));
    this.#cuts.tell(this.#role, cut);
  }
}
