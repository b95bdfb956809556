/**
 * Sections of what a planner is told, in parts. A conversation goes on with the parts that are new or changed; what was
 * told before stands further up in it, where a provider keeps it.
 */
import { countText } from '@swarm/core/views/words';
import { type BlockName, block } from '../prompting/blocks.ts';

export interface Part {
  /** What it is about, unique in all sections: `task t3`. */
  readonly key: string;
  readonly text: string;
  /** Told instead, where something was told under this key before. */
  readonly again?: string;
  /** Told once, when the part is there no longer. A part without it ends in silence. */
  readonly gone?: string;
  /** What an agent remarked. A remark that was told before is counted, not told again. */
  readonly remarks?: readonly string[];
}

export interface Section {
  readonly name: BlockName;
  readonly parts: readonly Part[];
  /** Most lines at once; of more, the latest are told and the others counted. */
  readonly linesMax?: number;
}

/** What one conversation has been told. */
export class Told {
  readonly #parts = new Map<string, Part & { readonly name: BlockName }>();
  readonly #remarks = new Set<string>();

  /** Returns what is new, changed or gone, as blocks; from now on it is told. */
  tell(sections: readonly Section[]): string {
    const gone = this.#gone(sections);
    const named = new Map(sections.map((section) => [section.name, section]));
    const names = [...named.keys(), ...[...gone.keys()].filter((name) => !named.has(name))];
    return names.flatMap((name) => this.#block(name, named.get(name), gone.get(name) ?? [])).join('\n\n');
  }

  #block(name: BlockName, section: Section | undefined, gone: readonly string[]): readonly string[] {
    const news = (section?.parts ?? []).map((part) => this.#newsOf(part, name));
    const before = news.reduce((sum, one) => sum + one.before, 0);
    const lines = [...news.flatMap((one) => one.lines), ...told(before), ...gone];
    return lines.length === 0 ? [] : [block(name, capped(lines, section?.linesMax ?? lines.length))];
  }

  /** The parts under keys that begin so may come again with the same words, and are then new. */
  forget(prefix: string): void {
    for (const key of this.#parts.keys()) if (key.startsWith(prefix)) this.#parts.delete(key);
  }

  /** `before`: its remarks that were told before. */
  #newsOf(part: Part, name: BlockName): { readonly lines: readonly string[]; readonly before: number } {
    const known = this.#parts.get(part.key);
    this.#parts.set(part.key, { ...part, name });
    if (known?.text === part.text) return { lines: [], before: 0 };
    const text = known && part.again !== undefined ? part.again : part.text;
    const remarks = part.remarks ?? [];
    const fresh = remarks.filter((remark) => !this.#remarks.has(remark));
    for (const remark of fresh) this.#remarks.add(remark);
    return { lines: [...text.split('\n'), ...fresh], before: remarks.length - fresh.length };
  }

  #gone(sections: readonly Section[]): ReadonlyMap<BlockName, readonly string[]> {
    const present = new Set(sections.flatMap(({ parts }) => parts.map(({ key }) => key)));
    const found = new Map<BlockName, readonly string[]>();
    for (const [key, { name, gone }] of this.#parts) {
      if (present.has(key)) continue;
      this.#parts.delete(key);
      if (gone !== undefined) found.set(name, [...(found.get(name) ?? []), gone]);
    }
    return found;
  }
}

const told = (before: number): readonly string[] =>
  before === 0 ? [] : [`(and ${countText(before, 'remark')} told before)`];

function capped(lines: readonly string[], max: number): string {
  if (lines.length <= max) return lines.join('\n');
  return [`(${lines.length - max} earlier lines left out)`, ...lines.slice(-max)].join('\n');
}
