/** What an attack is, and the ground it is tried on. Each is harmless where it works: it touches what was made for it. */
import type { SandboxResult } from '@swarm/core/ports/running';
import type { SandboxSpec } from '../provider.ts';
import type { Wall } from '../walls.ts';

/** An attack prints this where it got through. */
export const GOT = 'GOT THROUGH';

export interface Ground {
  /** A folder of the host that no sandbox shows, with a file `secret` in it. */
  readonly hidden: string;
  /** Listens on the host's loopback. */
  readonly port: number;
  /** A unix socket in the hidden folder that listens: an agent of keys, an engine of containers. */
  readonly socket: string;
  /** A file in the memory everybody of the host shares. */
  readonly shared: string;
  /** Key of a segment of System V memory. */
  readonly segment: number;
  /** Listens in the host's abstract name space. */
  readonly abstractName: string;
  /** A process of the host that may be asked whether it is there. */
  readonly pid: number;
}

export interface Attack {
  readonly family: string;
  /** What holds, as a fact about the product. */
  readonly fact: string;
  /** Perl, because it comes with git and can make any system call. */
  readonly script: (ground: Ground) => string;
  /** Where it is tried first, to show that it works at all: on the bare host, or with these walls taken away. */
  readonly control: 'host' | readonly Wall[];
  /** Aimed at a first process that is not the command: where the command is the first there is none. */
  readonly isOnFirst?: true;
  readonly spec?: Partial<Pick<SandboxSpec, 'network' | 'limits'>>;
  /** Limits of the control, where it needs other ones. */
  readonly controlLimits?: SandboxSpec['limits'];
  /** Default: what it prints. */
  readonly isThrough?: (result: SandboxResult) => boolean;
}

export const isThrough = (attack: Attack, result: SandboxResult): boolean =>
  attack.isThrough?.(result) ?? result.output.includes(GOT);

const got = `print "${GOT}\\n"`;

/** Perl that gets through when `condition` is true. */
export const when = (condition: string): string => `${got} if (${condition});`;
