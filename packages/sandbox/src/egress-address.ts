/** Which address a host is reached at: one that was judged, and of this machine and its neighbours none that nobody named. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { HostList, type HostRules } from './egress-hosts.ts';
import { authorityOf, type Target } from './egress-target.ts';

/**
 * Of IANA's special-purpose registries: loopback, private, link-local, shared, multicast, translated.
 * An IPv6 address that stands for an IPv4 one is judged as that one by the list itself.
 */
const IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
];
const IPV6 = [
  ...['::/128', '::1/128', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32'],
  ...['2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

/** `refused`: by the rules. `unknown`: it may be reached, and no address of it is known. `why` is a sentence. */
export type Reach =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Addresses of a name; none where there is no such name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export class Addresses {
  readonly #hosts: HostList;
  readonly #lookup: Lookup;
  readonly #blocked = blockedNow();

  constructor(rules: HostRules, lookup: Lookup = addressesOf) {
    this.#hosts = new HostList(rules);
    this.#lookup = lookup;
  }

  /**
   * The one address to connect to: what was judged is what is used, whatever the name says a moment later. A name that
   * is not on the list is not even looked up: its letters would go to whoever answers for it.
   */
  async reach(target: Target): Promise<Reach> {
    const { host } = target;
    const standing = this.#hosts.standing(target);
    if (standing === 'refused')
      return { kind: 'refused', why: `${authorityOf(target)} is not among the hosts that may be reached` };
    const found = isIP(host) ? [host] : await this.#lookup(host);
    const [first] = found;
    if (first === undefined) return { kind: 'unknown', why: `there is no address for ${host}` };
    const closed = standing === 'named' ? undefined : found.find((address) => this.#isClosed(address));
    if (closed === undefined) return { kind: 'address', address: first };
    return { kind: 'refused', why: `${host} is ${closed}, an address of this machine or its network` };
  }

  /** What is no address at all is closed. */
  #isClosed(address: string): boolean {
    const version = isIP(address);
    return version === 0 || this.#blocked.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

function blockedNow(): BlockList {
  const blocked = new BlockList();
  const add = (range: string, type: 'ipv4' | 'ipv6'): void => {
    const [address = '', bits = ''] = range.split('/');
    blocked.addSubnet(address, Number(bits), type);
  };
  for (const range of IPV4) add(range, 'ipv4');
  for (const range of IPV6) add(range, 'ipv6');
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
    if (cidr !== null) add(cidr, family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return blocked;
}
