/** Tells once that a model's server leaves out what is too long for its window. */
import type { LogFields } from '@swarm/core/log-events';
import type { ModelRole } from '@swarm/core/ports/models';
import { type CutPrompt, cutPromptText } from '@swarm/core/rules/cut-prompts';
import type { Context } from '../context.ts';

export class Cuts {
  readonly #context: Pick<Context<'log' | 'model'>, 'ports'>;
  #isTold = false;

  constructor(context: Pick<Context<'log' | 'model'>, 'ports'>) {
    this.#context = context;
  }

  tell(role: ModelRole, cut: CutPrompt, about: Omit<LogFields, 'msg'> = {}): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { log, model } = this.#context.ports;
    log.write('model.cut', { ...about, msg: cutPromptText(model?.nameFor(role) ?? 'the model', cut) });
  }
}
