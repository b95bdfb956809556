/** What is said of hosts that a command asked for and may not reach. */

/** Hosts named in one sentence; how many more there were is said. */
const NAMED_MAX = 8;
const CONFIG_FILE = '~/.config/swarm/config.toml';

/** As the operator's configuration names it: a host alone stands for the two ports of HTTP. */
export const egressEntry = (authority: string): string => authority.replace(/:(?:443|80)$/, '');

/** The line of the configuration. */
export const egressLine = (key: 'egress' | 'agent_egress', entries: readonly string[]): string =>
  `${key} = ${JSON.stringify([...new Set(entries)])}`;

/**
 * A clause; it goes on from who asked.
 * @param refused `host:port`, or a word for those that were too many to be named.
 */
export function refusedText(refused: readonly string[]): string {
  const hosts = refused.filter((one) => /:\d+$/.test(one));
  const named = hosts.slice(0, NAMED_MAX);
  const more = refused.length > named.length ? ' and others' : '';
  const line = egressLine('egress', named.map(egressEntry));
  return `asked for ${named.join(', ')}${more}, which it may not reach; where it should, add to [sandbox] in ${CONFIG_FILE}: ${line}`;
}
