/**
 * go.mod: modules are required in the least version that will do, and of all that are asked for the go command takes
 * the highest. So what both sides only added or raised goes together; where one took a requirement away, lowered it
 * or changed anything else, the other may have come to rest on it, and nobody can tell from the file.
 */
import { mergeAdditions } from './additions.ts';
import { byVersion } from './go-sum.ts';
import { joinNamed } from './join.ts';
import { goRequireNames } from './manifest-lines.ts';
import type { Texts } from './texts.ts';

export function mergeGoMod(texts: Texts): string | undefined {
  const [base, ours, theirs] = [texts.base ?? '', texts.ours, texts.theirs].map(read);
  if (!isGrown(base!, ours!) || !isGrown(base!, theirs!)) return undefined;
  return mergeAdditions(texts, joinNamed(goRequireNames));
}

interface GoMod {
  /** Module → version. */
  readonly requires: ReadonlyMap<string, string>;
  /** Every other line that says something. */
  readonly rest: string;
}

function read(text: string): GoMod {
  const requires = new Map<string, string>();
  const rest: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [module] = (line.length > LINE_MAX ? undefined : goRequireNames(line)) ?? [];
    if (module !== undefined) requires.set(module, / (v\S+)/.exec(line)![1]!);
    else if (!/^\s*(?:\/\/.*|require \(|\))?\s*$/.test(line)) rest.push(line.trim());
  }
  return { requires, rest: rest.join('\n') };
}
const LINE_MAX = 1_000;

function isGrown(base: GoMod, side: GoMod): boolean {
  const isKept = ([module, version]: readonly [string, string]): boolean => {
    const now = side.requires.get(module);
    return now !== undefined && byVersion(version, now) <= 0;
  };
  return side.rest === base.rest && [...base.requires].every(isKept);
}
