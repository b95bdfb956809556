/** Which system calls a contained command may not make: what reaches other processes, other namespaces, the kernel. */
import { assertNever } from '@swarm/core/errors';
import { type Call, MACHINES } from './calls.ts';
import {
  ALLOW,
  answer,
  assemble,
  type Block,
  byValue,
  EAFNOSUPPORT,
  ENOSYS,
  EPERM,
  refuse,
  whenAnyBit,
} from './program.ts';

/** Memory and descriptors of another process: the one that reports the command's end is a process too. */
const OTHER_PROCESSES: readonly Call[] = [
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'process_mrelease'] as const),
  ...(['pidfd_getfd', 'kcmp', 'move_pages', 'migrate_pages', 'perf_event_open'] as const),
];
/** Keyrings belong to the user's session, which namespaces do not divide. */
const KEYS: readonly Call[] = ['add_key', 'request_key', 'keyctl'];
const MOUNTS: readonly Call[] = [
  ...(['mount', 'umount2', 'pivot_root', 'chroot', 'mount_setattr', 'move_mount', 'open_tree'] as const),
  ...(['open_tree_attr', 'fsopen', 'fsconfig', 'fsmount', 'fspick', 'open_by_handle_at', 'setns'] as const),
];
/** Parts of the kernel a build never needs, and in which most ways out were found. */
const KERNEL: readonly Call[] = [
  ...([
    'bpf',
    'userfaultfd',
    'io_uring_setup',
    'io_uring_enter',
    'io_uring_register',
    'memfd_secret',
  ] as const),
  ...(['fanotify_init', 'lookup_dcookie', 'modify_ldt', 'uselib', 'lsm_set_self_attr', 'vhangup'] as const),
];
const MACHINE: readonly Call[] = [
  ...(['kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module', 'reboot'] as const),
  ...(['create_module', 'query_module', 'get_kernel_syms', 'nfsservctl', 'swapon', 'swapoff'] as const),
  ...(['acct', 'quotactl', 'quotactl_fd', 'syslog', 'iopl', 'ioperm', 'sethostname'] as const),
  ...(['setdomainname', 'settimeofday', 'clock_settime'] as const),
];

const NAMESPACES = 0x7e020000;
/** In `clone` its bit belongs to the signal's number. */
const TIME_NAMESPACE = 0x80;
const denied = refuse(EPERM);

/** Plain Linux, 32 bits, their old clocks, a fixed layout for debuggers, and the question which it is. */
export const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff];
/** Typing into the terminal, its selection, its line discipline. */
const TERMINAL_REQUESTS = [0x5412, 0x541c, 0x5423];
/** Unix, IPv4, IPv6. */
export const FAMILIES = [1, 2, 10];
export const NETLINK = 16;
export const NETLINK_ROUTE = 0;

/** What becomes of one call, as a value: bubblewrap's filter and a container engine's profile are both made of it. */
export type Judgement =
  | { readonly kind: 'refused'; readonly errno: number }
  /** Refused when any of these bits of an argument is set. */
  | { readonly kind: 'any-bit'; readonly argument: number; readonly bits: number }
  /** Refused when an argument is one of these. */
  | { readonly kind: 'one-of'; readonly argument: number; readonly values: readonly number[] }
  | { readonly kind: 'personality' }
  | { readonly kind: 'family' };

export const RULES: readonly { readonly call: Call; readonly judgement: Judgement }[] = [
  ...[...OTHER_PROCESSES, ...KEYS, ...MOUNTS, ...KERNEL, ...MACHINE].map((call) => ({
    call,
    judgement: { kind: 'refused', errno: EPERM } as const,
  })),
  // Its flags lie in memory, out of a filter's sight: without it, `clone` is used.
  { call: 'clone3', judgement: { kind: 'refused', errno: ENOSYS } },
  { call: 'clone', judgement: { kind: 'any-bit', argument: 0, bits: NAMESPACES } },
  { call: 'unshare', judgement: { kind: 'any-bit', argument: 0, bits: NAMESPACES | TIME_NAMESPACE } },
  { call: 'personality', judgement: { kind: 'personality' } },
  { call: 'ioctl', judgement: { kind: 'one-of', argument: 1, values: TERMINAL_REQUESTS } },
  { call: 'socket', judgement: { kind: 'family' } },
  { call: 'socketpair', judgement: { kind: 'family' } },
];

function blockOf(judgement: Judgement): Block {
  switch (judgement.kind) {
    case 'refused':
      return answer(refuse(judgement.errno));
    case 'any-bit':
      return whenAnyBit(judgement.argument, judgement.bits, denied);
    case 'one-of':
      return byValue(judgement.argument, valuesTo(judgement.values, denied), answer(ALLOW));
    case 'personality':
      return byValue(0, valuesTo(PERSONALITIES, ALLOW), answer(denied));
    case 'family': {
      // Addresses and routes of its own network; nothing else of what the kernel talks of.
      const netlink = byValue(2, valuesTo([NETLINK_ROUTE], ALLOW), answer(denied));
      return byValue(0, [...valuesTo(FAMILIES, ALLOW), [NETLINK, netlink]], answer(refuse(EAFNOSUPPORT)));
    }
    default:
      return assertNever(judgement);
  }
}

const valuesTo = (values: readonly number[], value: number) =>
  values.map((one) => [one, answer(value)] as const);

const made = new Map<string, Buffer | undefined>();

/** The filter for this kind of machine (`process.arch`), put together once; undefined where there is none. */
export function callFilter(arch: string): Buffer | undefined {
  if (!made.has(arch)) made.set(arch, filterOf(arch));
  return made.get(arch);
}

function filterOf(arch: string): Buffer | undefined {
  const machine = MACHINES[arch];
  const rules = RULES.map(({ call, judgement }) => ({ call, block: blockOf(judgement) }));
  return machine && assemble(machine, rules);
}
