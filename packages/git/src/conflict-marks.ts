/** Files that a change leaves with a conflict in them, read from objects. */
import type { TreeId } from '@swarm/core/model/ids';
import { conflictLines } from '@swarm/core/rules/markers';
import type { HubContext } from './context.ts';
import type { RawChange } from './path-lint.ts';

/** Files that are asked for together, and the bytes together up to which that is done. */
const TOGETHER = 64;
const TOGETHER_BYTES = 16 * 1024 * 1024;
const OPENS = Buffer.from('<<<<<<< ');

/** `path:line` of each file that holds a conflict in `to` and held none in `from`: where its first begins. Every changed file is read, however many there are. */
export async function conflictsLeft(hub: HubContext, from: TreeId, to: TreeId): Promise<readonly string[]> {
  const files = (await hub.diffs.entries(from, to)).filter(({ newMode }) => isFile(newMode));
  const found: string[] = [];
  for (let i = 0; i < files.length; i += TOGETHER) {
    const some = files.slice(i, i + TOGETHER);
    for (const { change, line } of await holding(hub, some, (file) => file.newId)) {
      const wasFile = isFile(change.oldMode);
      const before = wasFile ? await holding(hub, [change], (file) => file.oldId) : [];
      if (before.length === 0) found.push(`${change.path}:${line}`);
    }
  }
  return found;
}

const isFile = (mode: string): boolean => mode.startsWith('100');

/** Those whose content holds a conflict, and the line where the first begins. */
async function holding(
  { objects }: HubContext,
  files: readonly RawChange[],
  idOf: (file: RawChange) => string,
): Promise<readonly { readonly change: RawChange; readonly line: number }[]> {
  const ids = files.map(idOf);
  // What is too large to be asked for together is read one by one: the intake bounds each.
  const together = await objects.contentsUpTo(ids, TOGETHER_BYTES);
  const held: { change: RawChange; line: number }[] = [];
  for (const [i, file] of files.entries()) {
    const body = together ? together[i]!.body : (await objects.contents([ids[i]!]))[0]!.body;
    const [first] = body.includes(OPENS) ? conflictLines(body.toString('latin1')) : [];
    if (first !== undefined) held.push({ change: file, line: Number.parseInt(first, 10) });
  }
  return held;
}
