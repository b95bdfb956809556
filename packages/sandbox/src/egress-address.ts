/** Which addresses setup may reach: everybody's, and of this machine and its neighbours none. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

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

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** `refused`: a sentence for whoever asked. */
export type Reach =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'refused'; readonly why: string };

export class Addresses {
  readonly #allowed: ReadonlySet<string>;
  readonly #blocked = blockedNow();

  /** @param allowed `host` or `host:port`: what the operator lets setup reach wherever it lies. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((one) => one.toLowerCase()));
  }

  /** The one address to connect to: what was judged is what is used, whatever the name says a moment later. */
  async reach({ host, port }: Target): Promise<Reach> {
    const found = isIP(host) ? [host] : await addressesOf(host);
    if (found.length === 0) return { kind: 'refused', why: `there is no address for ${host}` };
    if (this.#isAllowed(host, port)) return { kind: 'address', address: found[0]! };
    const closed = found.find((address) =>
      this.#blocked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
    );
    if (closed === undefined) return { kind: 'address', address: found[0]! };
    const why = `${host} is ${closed}, an address of this machine or its network; sandbox.egress names those setup may reach`;
    return { kind: 'refused', why };
  }

  #isAllowed(host: string, port: number): boolean {
    const name = host.toLowerCase();
    return this.#allowed.has(name) || this.#allowed.has(`${name}:${port}`);
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
