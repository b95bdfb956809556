/** Gate and setup of a repository that names none, found by its manifests and lockfiles. */
import { COMPILED, RECIPES } from './detecting/compiled.ts';
import type { Detected, Detector, ListingReader } from './detecting/files.ts';
import { detectDeno, detectNode } from './detecting/node.ts';
import { detectPython } from './detecting/python.ts';

export type { Detected, ListingReader };

const OTHERS: readonly Detector[] = [detectDeno, ...COMPILED, detectPython, ...RECIPES];

/** Tried in this order; the first that knows a gate is taken, and a setup without a gate is kept as well. */
export async function detectCommands(files: ListingReader): Promise<Detected> {
  let first = await detectNode(files);
  if (first?.gate) return first;
  for (const detect of OTHERS) {
    const found = await detect(files);
    if (!found) continue;
    if (found.gate)
      return first ? { ...found, ...first, gate: found.gate, why: [...first.why, ...found.why] } : found;
    first ??= found;
  }
  return first ?? { why: ['no manifest with tests that we know'] };
}
