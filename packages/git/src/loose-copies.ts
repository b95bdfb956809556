/** Gives another folder of objects what the hub has, each object a file of its own, without starting a program. */
import { SwarmError } from '@swarm/core/errors';
import type { HubContext } from './context.ts';
import { linkLoose, writeLoose } from './loose.ts';

/** Most bytes written by ourselves, all in memory at once. */
export const COPIED_BYTES_MAX = 4 * 1024 * 1024;

/** False where that would be too many bytes: what was linked by then is whole and harms nobody. SW0702 when one is damaged. */
export async function copyLoose(
  hub: Pick<HubContext, 'layout' | 'objects' | 'objectFormat'>,
  folder: string,
  names: readonly string[],
): Promise<boolean> {
  const unlinked = names.filter((name) => !linkLoose(hub.layout.hubObjects, folder, name));
  const objects = await hub.objects.contentsUpTo(unlinked, COPIED_BYTES_MAX);
  if (!objects) return false;
  const written = await writeLoose(folder, hub.objectFormat, objects);
  const wrong = unlinked.find((name, i) => written[i] !== name);
  if (wrong)
    throw new SwarmError({ code: 'SW0702', what: `the object ${wrong} is damaged`, where: hub.layout.hub });
  return true;
}
