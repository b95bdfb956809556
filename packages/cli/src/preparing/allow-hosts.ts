/** Lets setup reach hosts from now on that a project's own files name, if the operator wants that. */

import type { WantedHost } from '../config/detecting/hosts.ts';
import { listLine } from '../config/operator-lists.ts';
import type { Config } from '../config/resolved.ts';
import { operatorConfigFile } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { sanitize } from '../telling/output.ts';
import { askYesNo } from './ask.ts';
import { addToOperatorFile } from './operator-file.ts';

/** Without those that setup reaches already. */
export function notReached(wanted: readonly WantedHost[], { shown }: Config): readonly WantedHost[] {
  const egress = shown?.egress ?? [];
  return egress.includes('*') ? [] : wanted.filter(({ host }) => !egress.includes(host));
}

/**
 * Returns the hosts that are reached now. A repository is hostile until it was read: where nobody is there to look at
 * each, only hosts that everybody's projects are fetched from are taken, and any other is told with its line.
 */
export async function allowHosts(
  wanted: readonly WantedHost[],
  isYes: boolean,
  context: Context,
): Promise<readonly string[]> {
  const asked = isYes ? wanted.filter(({ isCommon }) => isCommon) : wanted;
  const left = wanted.filter((one) => !asked.includes(one));
  if (left.length > 0) context.output.narrate(leftText(left, context));
  if (asked.length === 0) return [];
  const file = operatorConfigFile(context.env);
  const hosts = asked.map(({ host }) => host);
  const question = `Setup needs ${named(asked)}, which it may not reach. Let it, for every project from now on, by ${file}?`;
  if (!isYes && !(await askYesNo(question))) return [];
  if (!(await addToOperatorFile('egress', hosts, context))) return [];
  context.output.narrate(`setup may reach ${hosts.join(', ')} from now on (${file})`);
  return hosts;
}

const named = (wanted: readonly WantedHost[]): string =>
  wanted.map(({ host, why }) => `${host} (${sanitize(why)})`).join(', ');

const leftText = (left: readonly WantedHost[], { env }: Context): string =>
  `setup may not reach ${named(left)}; where it should, write into ${operatorConfigFile(env)}:\n\n[sandbox]\n${listLine(
    'egress',
    left.map(({ host }) => host),
  )}\n`;
