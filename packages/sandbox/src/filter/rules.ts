/** Which system calls a contained command may not make: what reaches other processes, other namespaces, the kernel. */
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
  type Rule,
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
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff];
/** Typing into the terminal, its selection, its line discipline. */
const TERMINAL_REQUESTS = [0x5412, 0x541c, 0x5423];
const [UNIX, INTERNET, INTERNET_6, NETLINK] = [1, 2, 10, 16];
const NETLINK_ROUTE = 0;

const familyRule = (): Block =>
  byValue(
    0,
    [
      ...[UNIX, INTERNET, INTERNET_6].map((family) => [family, answer(ALLOW)] as const),
      // Addresses and routes of its own network; nothing else of what the kernel talks of.
      [NETLINK, byValue(2, [[NETLINK_ROUTE, answer(ALLOW)]], answer(denied))],
    ],
    answer(refuse(EAFNOSUPPORT)),
  );

export const RULES: readonly Rule[] = [
  ...[...OTHER_PROCESSES, ...KEYS, ...MOUNTS, ...KERNEL, ...MACHINE].map((call) => ({
    call,
    block: answer(denied),
  })),
  // Its flags lie in memory, out of a filter's sight: without it, `clone` is used.
  { call: 'clone3', block: answer(refuse(ENOSYS)) },
  { call: 'clone', block: whenAnyBit(0, NAMESPACES, denied) },
  { call: 'unshare', block: whenAnyBit(0, NAMESPACES | TIME_NAMESPACE, denied) },
  {
    call: 'personality',
    block: byValue(
      0,
      PERSONALITIES.map((value) => [value, answer(ALLOW)] as const),
      answer(denied),
    ),
  },
  {
    call: 'ioctl',
    block: byValue(
      1,
      TERMINAL_REQUESTS.map((value) => [value, answer(denied)] as const),
      answer(ALLOW),
    ),
  },
  { call: 'socket', block: familyRule() },
  { call: 'socketpair', block: familyRule() },
];

const made = new Map<string, Buffer | undefined>();

/** The filter for this kind of machine (`process.arch`), put together once; undefined where there is none. */
export function callFilter(arch: string): Buffer | undefined {
  if (!made.has(arch)) made.set(arch, MACHINES[arch] && assemble(MACHINES[arch], RULES));
  return made.get(arch);
}
