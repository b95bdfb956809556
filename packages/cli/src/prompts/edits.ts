/**
 * The repository's own prompts while a run goes on. The run uses what the operator trusted when it began; an edit of
 * the repository's file does not reach it, and whoever edits is told so, and how it can.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromptText } from '@swarm/agent';
import type { Prompts } from '@swarm/core/ports/world';
import { PROMPT_MAX_BYTES } from '../config/trust.ts';
import { promptHash } from '../preparing/prompt-hashes.ts';
import { shellWord } from '../telling/shell.ts';

export interface EditsAsk {
  /** `.swarm/prompts` of the work tree. */
  readonly folder: string;
  /** The run's own, whose edits count. */
  readonly used: string;
  /** Of each prompt as it was when the run began: who edits the run's own has not edited the repository's. */
  readonly pinned: Readonly<Record<string, string>>;
  readonly tell: (edit: { readonly msg: string; readonly path: string }) => void;
}

export class PromptEdits {
  readonly #ask: EditsAsk;
  readonly #inUse = new Map<string, string>();
  /** What was told last, by prompt: each edit is told once. */
  readonly #told = new Map<string, string>();

  constructor(ask: EditsAsk) {
    this.#ask = ask;
  }

  /** To be told of each text that is used from now on. */
  note({ name, raw }: PromptText): void {
    this.#inUse.set(name, raw);
    this.#told.delete(name);
  }

  /** The same prompts; the repository's file is looked at whenever one is used. */
  watching(prompts: Prompts): Prompts {
    return {
      render: (name, variables, role) => {
        const rendered = prompts.render(name, variables, role);
        this.#look(name);
        if (role !== undefined && role in this.#ask.pinned) this.#look(role);
        return rendered;
      },
      hash: (name) => {
        const hash = prompts.hash(name);
        this.#look(name);
        return hash;
      },
    };
  }

  #look(name: string): void {
    const path = join(this.#ask.folder, `${name}.md`);
    const text = textOf(path);
    if (text === undefined || text === this.#inUse.get(name) || text === this.#told.get(name)) return;
    if (promptHash(text) === this.#ask.pinned[name]) return;
    this.#told.set(name, text);
    const to = join(this.#ask.used, `${name}.md`);
    this.#ask.tell({
      path,
      msg: `${name}.md was edited; this run keeps what you trusted. To use it from now on: cp ${shellWord(path)} ${shellWord(to)}`,
    });
  }
}

/** As at the beginning of a run: links and files that are too large are no prompts. */
function textOf(path: string): string | undefined {
  try {
    const facts = lstatSync(path);
    return facts.isFile() && facts.size <= PROMPT_MAX_BYTES ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
