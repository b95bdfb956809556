/** What a command could read, write or reach of the host by names alone. */
import { type Attack, type Ground, when } from './attack.ts';

const reads = (file: string): string => when(`open(H, '<', '${file}') && defined(getc(H))`);
const opensToWrite = (file: string): string => when(`open(my $h, '+<', '${file}')`);

const writesOneOf = (...patterns: readonly string[]): string =>
  `for my $f (glob('${patterns.join(' ')}')) { ${when(`open(my $h, '+<', $f)`)} }`;
const STATUS = `do { local (@ARGV, $/) = '/proc/self/status'; <> }`;
/** The number of mknodat with a folder and a name. */
const MKNOD = process.arch === 'x64' ? `259, -100, my $n = 'device'` : `33, -100, my $n = 'device'`;

const onHost = (family: string, fact: string, script: (ground: Ground) => string): Attack => ({
  family,
  fact,
  script,
  control: 'host',
});

/** Written to the descriptor by which the first process tells how the command ended. */
const FORGE = `
my $p = syscall(434, 1, 0); exit 7 if $p < 0;
for my $n (3 .. 64) {
  my $f = syscall(438, $p, $n, 0); next if $f < 0;
  next unless (readlink("/proc/self/fd/$f") // '') =~ /eventfd/;
  open(my $h, '>&=', $f); syswrite($h, pack('Q', 1));
}
select(undef, undef, undef, 0.5); exit 7;`;

const OLD = ['filter', 'first-process', 'kernel-files', 'user'] as const;

export const PLACE_ATTACKS: readonly Attack[] = [
  onHost('files', 'a file of the host cannot be read', ({ hidden }) => reads(`${hidden}/secret`)),
  onHost('files', 'a folder of the host cannot be listed', ({ hidden }) =>
    when(`opendir(my $d, '${hidden}')`),
  ),
  onHost(
    'files',
    'a file of the host cannot be read through a link',
    ({ hidden }) => `unlink 'link'; symlink '${hidden}/secret', 'link'; ${reads('link')} unlink 'link';`,
  ),
  onHost(
    'files',
    'a file of the host cannot be reached through the first process',
    ({ hidden, pid }) => reads(`/proc/1/root${hidden}/secret`) + reads(`/proc/${pid}/root${hidden}/secret`),
  ),
  onHost('files', 'a file of the host cannot be written', ({ hidden }) => opensToWrite(`${hidden}/secret`)),
  onHost(
    'files',
    'the system’s programs cannot be written',
    ({ hidden }) =>
      when(`open(my $h, '>', '/usr/bin/.swarm-probe')`) +
      `unlink '/usr/bin/.swarm-probe';` +
      opensToWrite(`${hidden}/secret`),
  ),
  onHost(
    'files',
    'a file of the host cannot be taken by a hard link',
    ({ hidden }) => `unlink 'hard'; ${when(`link('${hidden}/secret', 'hard')`)} unlink 'hard';`,
  ),
  onHost('files', 'a file in the host’s shared memory cannot be read', ({ shared }) => reads(shared)),
  onHost(
    'files',
    'no device can be made',
    () => `unlink 'device'; ${when(`syscall(${MKNOD}, 0x1a4 | 0x2000, 0x103) == 0`)} unlink 'device';`,
  ),
  onHost('files', 'no group of processes can be bounded anew', () =>
    writesOneOf('/sys/fs/cgroup/cgroup.procs', '/sys/fs/cgroup/*/cgroup.procs'),
  ),
  onHost('files', 'no setting of the machine’s devices and memory can be written', () =>
    writesOneOf('/sys/kernel/mm/transparent_hugepage/enabled', '/sys/class/net/*/mtu'),
  ),
  onHost('rights', 'no program gets rights by being started', () =>
    when(`!(${STATUS} =~ /^NoNewPrivs:\\s*1/m)`),
  ),
  onHost('rights', 'no right of root’s can ever be had', () => when(`!(${STATUS} =~ /^CapBnd:\\s*0+$/m)`)),
  onHost('processes', 'memory that processes of the host share cannot be found', ({ segment }) =>
    when(`defined(shmget(${segment}, 16, 0))`),
  ),
  {
    family: 'files',
    fact: 'the kernel’s settings cannot be written',
    script: () => opensToWrite('/proc/sys/kernel/core_pattern'),
    control: OLD,
  },
  {
    family: 'files',
    fact: 'a device of the host cannot be changed',
    script: () => when(`chmod(0666, '/dev/null')`),
    control: OLD,
  },
  {
    family: 'files',
    fact: 'the keys of the machine cannot be listed',
    script: () => reads('/proc/keys'),
    control: ['kernel-files'],
  },
  {
    family: 'files',
    fact: 'who has keys on the machine is not told',
    script: () => reads('/proc/key-users'),
    control: ['kernel-files'],
  },
  onHost('processes', 'a process of the host cannot be signalled', ({ pid }) => when(`kill(0, ${pid})`)),
  onHost('processes', 'a process of the host cannot be seen', ({ pid }) => when(`-d '/proc/${pid}'`)),
  {
    family: 'verdict',
    fact: 'the first process’s memory cannot be opened',
    script: () => opensToWrite('/proc/1/mem'),
    control: OLD,
    isOnFirst: true,
  },
  {
    family: 'verdict',
    fact: 'how the command ended cannot be written by the command',
    script: () => FORGE,
    control: OLD,
    isOnFirst: true,
    isThrough: ({ exitCode }) => exitCode === 0,
  },
  onHost('environment', 'no variable of swarm’s own environment is there', () =>
    when(`defined $ENV{SWARM_PROBE_SECRET}`),
  ),
];
