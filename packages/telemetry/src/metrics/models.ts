/**
 * Which model tokens were used of. The journal says what was used, and not always of which model: that stands in the
 * log alone. The sums are the journal's, whatever the log says or lacks.
 */
import type { LogLine } from '@swarm/core/log-events';
import type { Usage } from '@swarm/core/model/usage';
import { amount } from './labels.ts';

interface Tokens {
  input: number;
  output: number;
}
export interface ModelTokens extends Readonly<Tokens> {
  /** Undefined: nobody said. */
  readonly model: string | undefined;
}

/** Attempts whose calls are kept apart until they end, and models of each. */
const ATTEMPTS_MAX = 2_000;
const MODELS_MAX = 8;
const ROLES_MAX = 16;

export class ModelsUsed {
  readonly #byAttempt = new Map<string, Map<string, Tokens>>();
  /** The model that each role asked last. */
  readonly #byRole = new Map<string, string>();

  /** A call that was answered, or failed for good. */
  note({ attempt, data }: LogLine): void {
    const { model, role, usage } = data;
    if (typeof model !== 'string') return;
    if (typeof role === 'string' && (this.#byRole.has(role) || this.#byRole.size < ROLES_MAX))
      this.#byRole.set(role, model);
    if (attempt === undefined) return;
    const models = this.#byAttempt.get(attempt) ?? new Map<string, Tokens>();
    if (!this.#byAttempt.has(attempt)) {
      if (this.#byAttempt.size >= ATTEMPTS_MAX) this.#byAttempt.delete(this.#byAttempt.keys().next().value!);
      this.#byAttempt.set(attempt, models);
    }
    const tokens = models.get(model) ?? { input: 0, output: 0 };
    if (!models.has(model) && models.size >= MODELS_MAX) return;
    const { inputTokens, outputTokens } = (usage ?? {}) as Partial<Usage>;
    tokens.input += amount(inputTokens);
    tokens.output += amount(outputTokens);
    models.set(model, tokens);
  }

  /** An attempt ended. @param named the model that the journal says it had. */
  ofAttempt(attempt: string, usage: Usage, named: string | undefined): readonly ModelTokens[] {
    const told = [...(this.#byAttempt.get(attempt) ?? [])];
    this.#byAttempt.delete(attempt);
    const isWhole =
      told.reduce((sum, [, t]) => sum + t.input, 0) === usage.inputTokens &&
      told.reduce((sum, [, t]) => sum + t.output, 0) === usage.outputTokens;
    if (told.length > 1 && isWhole) return told.map(([model, tokens]) => ({ model, ...tokens }));
    const most = told.toSorted(([, a], [, b]) => b.input + b.output - a.input - a.output)[0]?.[0];
    return [whole(most ?? named ?? this.#byRole.get('worker'), usage)];
  }

  ofRole(role: string, usage: Usage, named?: string): readonly ModelTokens[] {
    return [whole(named ?? this.#byRole.get(role), usage)];
  }
}

const whole = (model: string | undefined, { inputTokens, outputTokens }: Usage): ModelTokens => ({
  model,
  input: inputTokens,
  output: outputTokens,
});
