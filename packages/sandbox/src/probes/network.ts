/** The host's own addresses and sockets, from a command without network and from one that has it. */
import { type Attack, type Ground, when } from './attack.ts';

const loopback = ({ port }: Ground): string =>
  `socket(my $s, 2, 1, 0); ${when(`connect($s, pack('S n C4 x8', 2, ${port}, 127, 0, 0, 1))`)}`;
const named = ({ socket }: Ground): string =>
  `socket(my $s, 1, 1, 0); ${when(`connect($s, pack('S a*', 1, '${socket}'))`)}`;
const INTERFACES = `do { local (@ARGV, $/) = '/proc/net/dev'; <> }`;
const abstract = ({ abstractName }: Ground): string =>
  `socket(my $s, 1, 1, 0); ${when(`connect($s, pack('S a*', 1, "\\0${abstractName}"))`)}`;

const kinds = [
  ['none', 'without network'],
  ['setup', 'with network'],
] as const;

export const NETWORK_ATTACKS: readonly Attack[] = kinds.flatMap(([network, text]) => [
  {
    family: 'network',
    fact: `${text}, the host’s loopback is not reached`,
    script: loopback,
    control: 'host',
    spec: { network },
  },
  {
    family: 'network',
    fact: `${text}, the host’s abstract sockets are not reached`,
    script: abstract,
    control: 'host',
    spec: { network },
  },
  {
    family: 'network',
    fact: `${text}, no socket file of the host is reached`,
    script: named,
    control: 'host',
    spec: { network },
  },
  {
    family: 'network',
    fact: `${text}, no interface of the host is there`,
    script: () => when(`${INTERFACES} =~ /^\\s*(?!lo:)\\w+:/m`),
    control: 'host',
    spec: { network },
  },
]);
