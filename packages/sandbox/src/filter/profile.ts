/**
 * The same rules as a container engine takes them: a seccomp profile in JSON (OCI runtime specification, config-linux,
 * seccomp). An engine compares whole 64-bit arguments of which the kernel reads the low half: values are compared
 * under a mask, so that bits above it hide nothing.
 */
import { assertNever } from '@swarm/core/errors';
import { type Call, MACHINES } from './calls.ts';
import { EAFNOSUPPORT, EPERM } from './program.ts';
import { FAMILIES, type Judgement, NETLINK, NETLINK_ROUTE, PERSONALITIES, RULES } from './rules.ts';

interface Argument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_MASKED_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_GT';
}

interface Refusal {
  readonly names: readonly Call[];
  readonly action: 'SCMP_ACT_ERRNO';
  readonly errnoRet: number;
  readonly args?: readonly Argument[];
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

/** The text of the profile for this kind of machine (`process.arch`); undefined where there is none. */
export function callProfile(arch: string): string | undefined {
  const machine = MACHINES[arch];
  const architecture = ARCHITECTURES[arch];
  if (machine === undefined || architecture === undefined) return undefined;
  const known = RULES.filter(({ call }) => machine.numberOf(call) !== undefined);
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    // Calls as another kind of machine end the process.
    architectures: [architecture],
    syscalls: known.flatMap(({ call, judgement }) => refusals(call, judgement)),
  });
}

/** Each refuses by itself: what none of them fits is allowed. */
function refusals(call: Call, judgement: Judgement): Refusal[] {
  const refused = (errnoRet: number, ...args: Argument[]): Refusal => ({
    names: [call],
    action: 'SCMP_ACT_ERRNO',
    errnoRet,
    ...(args.length > 0 && { args }),
  });
  switch (judgement.kind) {
    case 'refused':
      return [refused(judgement.errno)];
    case 'any-bit':
      return bitsOf(judgement.bits).map((bit) => refused(EPERM, masked(judgement.argument, bit, bit)));
    case 'one-of':
      return judgement.values.map((value) => refused(EPERM, masked(judgement.argument, ALL, value)));
    case 'personality':
      return personalities().map((argument) => refused(EPERM, argument));
    case 'family':
      return [
        ...otherFamilies().map((argument) => refused(EAFNOSUPPORT, argument)),
        refused(EPERM, masked(0, ALL, NETLINK), {
          index: 2,
          value: NETLINK_ROUTE,
          op: 'SCMP_CMP_NE',
        }),
      ];
    default:
      return assertNever(judgement);
  }
}

const ALL = 0xffffffff;
const TOP = 0x80000000;
/** More families than Linux has; what is above is refused as one. */
const FAMILIES_MAX = 63;

const masked = (index: number, mask: number, value: number): Argument => ({
  index,
  value: mask >>> 0,
  valueTwo: value >>> 0,
  op: 'SCMP_CMP_MASKED_EQ',
});

const bitsOf = (bits: number): number[] =>
  Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0).filter((bit) => (bits & bit) !== 0);

function otherFamilies(): Argument[] {
  const named = Array.from({ length: FAMILIES_MAX + 1 }, (_, family) => family);
  const others = named.filter((family) => family !== NETLINK && !FAMILIES.includes(family));
  const above: Argument = { index: 0, value: FAMILIES_MAX, op: 'SCMP_CMP_GT' };
  return [...others.map((family) => masked(0, ALL, family)), above];
}

/**
 * An engine knows no list of values that alone are allowed. With the top bit clear, only bits of allowed values may be
 * set; with it set, all of them must be: that is the question which personality it is.
 */
function personalities(): Argument[] {
  const allowed = PERSONALITIES.filter((value) => value !== ALL).reduce((all, value) => all | value, 0);
  const below = bitsOf(ALL & ~TOP);
  return [
    ...below.filter((bit) => (allowed & bit) === 0).map((bit) => masked(0, bit | TOP, bit)),
    ...below.map((bit) => masked(0, bit | TOP, TOP)),
  ];
}
