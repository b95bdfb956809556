/** Which hosts one command may be led to. Pure: whether an address of a host may be reached is egress-address.ts. */
import { authorityOf, readAuthority, type Target } from './egress-target.ts';

/** The operator's word for everything that is public. */
export const EVERYTHING = '*';

/** What the operator lets commands reach, by the lists of the configuration. Empty: nothing. */
export interface EgressLists {
  /** Besides the registries of the package managers. */
  readonly setup: readonly string[];
  readonly agents: readonly string[];
}

export interface HostRules {
  /** What the operator named: `host` on the ports of HTTP, `host:port`, or `*`. Wherever a named host lies, it is reached. */
  readonly named: readonly string[];
  /** `host`, on port 443, or `host:port`: what goes without saying; never where it lies in a network of ours. */
  readonly registries: readonly string[];
}

const PORTS = [443, 80];

/** `named`: whatever its address. `public`: where its address is everybody's. */
export type Standing = 'named' | 'public' | 'refused';

export class HostList {
  readonly #named: ReadonlySet<string>;
  readonly #registries: ReadonlySet<string>;
  readonly #isOpen: boolean;

  constructor({ named, registries }: HostRules) {
    this.#isOpen = named.includes(EVERYTHING);
    this.#named = new Set(named.flatMap((entry) => authoritiesOf(entry, PORTS)));
    this.#registries = new Set(registries.flatMap((host) => authoritiesOf(host, [443])));
  }

  standing(target: Target): Standing {
    const asked = authorityOf(target);
    if (this.#named.has(asked)) return 'named';
    return this.#isOpen || this.#registries.has(asked) ? 'public' : 'refused';
  }
}

/** Whether an entry names a host, with its port or without. */
export const isHostName = (entry: string): boolean => authoritiesOf(entry, PORTS).length > 0;

/** An entry that is no host names none: the configuration refuses it before. */
function authoritiesOf(entry: string, ports: readonly number[]): string[] {
  const isWithPort = readAuthority(entry, 443)?.port === readAuthority(entry, 80)?.port;
  return (isWithPort ? [443] : ports).flatMap((port) => {
    const target = readAuthority(entry, port);
    return target ? [authorityOf(target)] : [];
  });
}
