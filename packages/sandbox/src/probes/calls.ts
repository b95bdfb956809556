/** System calls by number, refused by the filter. Out of the filter's reach the kernel looks at their arguments. */
import { type Call, MACHINES } from '../filter/calls.ts';
import { EAFNOSUPPORT, ENOSYS, EPERM } from '../filter/program.ts';
import { type Attack, when } from './attack.ts';

type Argument = number | string;

/** A call that is refused with one of these never reached what it names. */
const REFUSED = [EPERM, ENOSYS, EAFNOSUPPORT];

/** Perl for one call; texts are passed by address. Undefined where this machine never had it. */
export function callText(call: Call, args: readonly Argument[], arch: string = process.arch): string {
  const number = MACHINES[arch]?.numberOf(call);
  if (number === undefined) return 'print "no such call here\\n";';
  // Perl passes a text by address only where it could be written to.
  const texts = args
    .map((arg, index) => (typeof arg === 'number' ? '' : `my $t${index} = '${arg}'; `))
    .join('');
  const listed = args.map((arg, index) => (typeof arg === 'number' ? `${arg}` : `$t${index}`));
  const refused = REFUSED.map((errno) => `$! == ${errno}`).join(' || ');
  const made = `${texts}my $r = syscall(${[number, ...listed].join(', ')});`;
  return `${made} ${when(`$r != -1 || !(${refused})`)} exit 0;`;
}

const FILTER = ['filter'] as const;

const refused = (family: string, fact: string, call: Call, ...args: readonly Argument[]): Attack => ({
  family,
  fact,
  script: () => callText(call, args),
  control: FILTER,
});

/** Of root alone: without root's rights it works nowhere, and is shown to work where root has them. */
const rootOnly = (family: string, fact: string, call: Call, ...args: readonly Argument[]): Attack => ({
  ...refused(family, fact, call, ...args),
  control: 'host',
});

const NEW_USER = 0x10000000;

export const CALL_ATTACKS: readonly Attack[] = [
  refused('processes', 'no process can be traced', 'ptrace', 0, 0, 0, 0),
  refused(
    'processes',
    'another process’s memory cannot be read by call',
    'process_vm_readv',
    1,
    0,
    0,
    0,
    0,
    0,
  ),
  refused(
    'processes',
    'another process’s memory cannot be written by call',
    'process_vm_writev',
    1,
    0,
    0,
    0,
    0,
    0,
  ),
  refused('processes', 'another process’s descriptors cannot be taken', 'pidfd_getfd', -1, 0, 0),
  refused('processes', 'two processes cannot be compared', 'kcmp', 2, 2, 99, 0, 0),
  refused('keys', 'the session’s keyring cannot be asked for', 'keyctl', 0, -3, 0),
  refused('keys', 'no key can be added', 'add_key', 'user', 'swarm', 'x', 1, -1),
  refused('keys', 'no key can be requested', 'request_key', 'user', 'swarm', 0, 0),
  refused('namespaces', 'no namespace can be unshared', 'unshare', NEW_USER),
  refused(
    'namespaces',
    'no process can be started in a new namespace',
    'clone',
    0x20000 | NEW_USER,
    0,
    0,
    0,
    0,
  ),
  refused('namespaces', 'no process can be started with flags a filter cannot see', 'clone3', 0, 0),
  refused('namespaces', 'no other namespace can be entered', 'setns', -1, 0),
  refused('namespaces', 'no tree of mounts can be opened', 'open_tree', -100, '/', 0x10001),
  refused('namespaces', 'no file can be opened by a handle', 'open_by_handle_at', -100, 0, 0),
  refused('kernel', 'no ring of calls can be set up', 'io_uring_setup', 1, 0),
  refused('kernel', 'no page faults can be handled', 'userfaultfd', 1),
  refused('kernel', 'no program can be loaded into the kernel', 'bpf', 0, 0, 0),
  refused('kernel', 'no performance counter can be opened', 'perf_event_open', 0, 0, -1, -1, 0),
  refused('kernel', 'no memory can be hidden from the kernel', 'memfd_secret', 0),
  refused('kernel', 'no file events of others can be watched', 'fanotify_init', 0x200, 0),
  refused('kernel', 'no local descriptor table can be changed', 'modify_ldt', 0, 0, 0),
  rootOnly('kernel', 'the kernel’s log cannot be read', 'syslog', 10, 0, 0),
  refused('kernel', 'no other personality can be taken on', 'personality', 0x0400000),
  refused('network', 'the machine’s host cannot be talked to (vsock)', 'socket', 40, 1, 0),
  refused('network', 'the kernel’s ciphers cannot be used (alg)', 'socket', 38, 5, 0),
  refused('network', 'the kernel’s other messages cannot be listened to (netlink)', 'socket', 16, 3, 15),
  rootOnly('network', 'no packet can be made by hand', 'socket', 2, 3, 1),
  rootOnly('kernel', 'the machine’s name cannot be changed', 'sethostname', 0, -1),
  rootOnly('kernel', 'the machine’s clock cannot be set', 'settimeofday', 0, 0),
  rootOnly('kernel', 'the machine cannot be restarted', 'reboot', 0, 0, 0, 0),
  rootOnly('kernel', 'no module can be loaded into the kernel', 'init_module', 0, 0, 0),
  rootOnly('namespaces', 'no other folder can be made the root', 'chroot', '.'),
  refused('namespaces', 'nothing can be mounted', 'mount', 0, 0, 0, 0, 0),
  refused('terminal', 'nothing can be typed into a terminal', 'ioctl', 0, 0x5412, 'x'),
];
