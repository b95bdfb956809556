/** Reads the reconciler's answers: tasks, each with the failures it is to clear. */
import type { TicketResult } from '@swarm/core/ports/models';
import { PlanScanner } from '@swarm/core/rules/json-scanner';
import { readDraft, type TaskDraft } from '@swarm/core/rules/task-format';
import { askAgain } from '../planning/ask-again.ts';
import type { Reader } from '../planning/looking.ts';
import { besideTools, nothingTaken, type Taken } from '../planning/plan-replies.ts';

export interface Fix {
  readonly draft: TaskDraft;
  readonly signatures: readonly string[];
}

export class FixReading implements Reader {
  readonly #known: ReadonlySet<string>;
  readonly #again = askAgain();
  readonly #fixes = new Map<string, Fix>();

  /** @param known signatures of the failures it was told of. */
  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /** By label: one that was said again in other words is as it was said last. */
  get fixes(): readonly Fix[] {
    return [...this.#fixes.values()];
  }

  /** A fix waits for the whole answer: which failures belong together is known at its end. */
  begin(): () => void {
    return () => undefined;
  }

  async beside({ text }: TicketResult): Promise<string> {
    return besideTools(this.#read(text).taken, []);
  }

  async end({ end, text }: TicketResult, isLast: boolean): Promise<string | undefined> {
    const { taken, outcome } = this.#read(text);
    const answer = { end, outcome, isDone: false, taken, waiting: [], open: [] };
    return isLast ? undefined : this.#again(answer);
  }

  #read(text: string): { readonly taken: Taken; readonly outcome: 'whole' | 'cut' | 'unreadable' } {
    const scanner = new PlanScanner();
    const first = scanner.push(text);
    const { pieces, outcome } = scanner.end();
    const taken = nothingTaken();
    for (const piece of [...first, ...pieces]) {
      if (piece.kind !== 'task') continue;
      const fix = readFix(piece.value, this.#known);
      if (typeof fix === 'string') taken.refused.push(fix);
      else {
        this.#fixes.set(fix.draft.label, fix);
        taken.accepted.push(fix.draft.label);
      }
    }
    return { taken, outcome };
  }
}

/** @returns the fix, or its label and why it is none. */
function readFix(value: unknown, known: ReadonlySet<string>): Fix | string {
  const { signatures: named, ...task } = Object(value) as Record<string, unknown>;
  const reading = readDraft(task);
  if (!reading.ok) return `${reading.label}: ${reading.problems.map((p) => `${p.path} ${p.why}`).join('; ')}`;
  const signatures = Array.isArray(named)
    ? named.filter((s): s is string => typeof s === 'string' && known.has(s))
    : [];
  if (signatures.length === 0) return `${reading.draft.label}: \`signatures\` names none of the failures`;
  return { draft: { ...reading.draft, dependsOn: [], kind: 'change' }, signatures };
}
