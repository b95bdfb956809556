/** System calls by number, per kind of machine, as Linux has them (arch/x86/entry/syscalls, include/uapi/asm-generic). */

export interface Machine {
  /** AUDIT_ARCH_…: what the kernel tells a filter a call was made as. */
  readonly audit: number;
  readonly numberOf: (call: Call) => number | undefined;
}

/** The last call known here. What a newer kernel adds is answered as an older one would. */
export const LAST_CALL = 470;

/** [x86_64, aarch64]; undefined where a machine never had it. */
const CALLS = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  chroot: [161, 51],
  clone: [56, 220],
  clone3: [435, 435],
  create_module: [174, undefined],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  get_kernel_syms: [177, undefined],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioctl: [16, 29],
  ioperm: [173, undefined],
  iopl: [172, undefined],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  lsm_set_self_attr: [460, 460],
  memfd_secret: [447, 447],
  modify_ldt: [154, undefined],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  query_module: [178, undefined],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  socket: [41, 198],
  socketpair: [53, 199],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, undefined],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
} as const satisfies Readonly<Record<string, readonly [number, number | undefined]>>;

export type Call = keyof typeof CALLS;

const machine = (audit: number, column: 0 | 1): Machine => ({
  audit,
  numberOf: (call) => CALLS[call][column],
});

/** By Node's name for it. For any other there is no filter, and so no sandbox. */
export const MACHINES: Readonly<Record<string, Machine>> = {
  x64: machine(0xc000003e, 0),
  arm64: machine(0xc00000b7, 1),
};
