/** Branches that bring other dependencies than the target: their setup has no network, which is said before any work. */
import { basename } from 'node:path';
import { LOCKFILES } from '@swarm/core/rules/resolve/locks/names';
import { Git } from '@swarm/git';
import type { Config } from '../config/resolved.ts';
import { askYesNo, isSomebodyThere } from './ask.ts';
import type { Found } from './found.ts';
import type { Opening } from './opening.ts';

export interface SetupNetwork {
  readonly config: Config;
  readonly notices: readonly string[];
}

/** On a terminal it is asked, once; elsewhere it is said. @param said what was typed of it: then it is neither. */
export async function setupNetworkFor(
  config: Config,
  opening: Opening,
  found: Found,
  said: string | undefined,
): Promise<SetupNetwork> {
  const as = (notices: readonly string[]): SetupNetwork => ({ config, notices });
  const { setup } = found.detected;
  if (said !== undefined || config.setupNetwork === 'work') return as([]);
  if (setup === undefined || setup === 'none') return as([]);
  const names = await bringingOthers(opening, found);
  if (names.length === 0) return as([]);
  const [more, brings] = [names.length - 1, names.length === 1 ? 'brings' : 'bring'];
  const who = `${names[0]}${more === 0 ? '' : ` and ${more} more`} ${brings} other dependencies than the target`;
  if (!isSomebodyThere())
    return as([`${who}; setup of work has no network: --setup-network work lets it fetch them`]);
  const isAllowed = await askYesNo(`${who}. May \`${setup}\` of these branches use the network?`);
  return isAllowed ? { config: { ...config, setupNetwork: 'work' }, notices: [] } : as([]);
}

/**
 * Names of branches that change a lockfile; of those that share the commit that does, one at least. What is still at
 * a remote cannot be looked at.
 */
async function bringingOthers({ branches }: Opening, { checkout }: Found): Promise<readonly string[]> {
  if (!branches || branches.from !== undefined || !checkout.isRepository || !checkout.targetCommit) return [];
  // All at once: however many there are, none is left out.
  const asked = [`^${checkout.targetCommit}`, ...branches.chosen.map(({ commit }) => commit)];
  const records = await new Git().records(
    { gitDir: checkout.commonDir },
    'log',
    ['--stdin', '--source', '--format=%x01%S', '--name-only', '-z'],
    { stdin: `${asked.join('\n')}\n` },
  );
  const locks = new Set<string>(LOCKFILES);
  const bringing = new Set<string>();
  let source = '';
  for (const record of records)
    if (record.startsWith('\x01')) source = record.slice(1);
    else if (locks.has(basename(record.trim()))) bringing.add(source);
  return branches.chosen.filter(({ commit }) => bringing.has(commit)).map(({ name }) => name);
}
