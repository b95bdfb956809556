/** More than a command may use, taken in ways that one measure alone does not see. */
import type { SandboxSpec } from '../provider.ts';
import { type Attack, GOT } from './attack.ts';

const MIB = 1024 ** 2;
const TAKEN = 192 * MIB;
const WITHIN: SandboxSpec['limits'] = { wallMs: 20_000, outputBytes: 64 * 1024 };
const TIGHT: SandboxSpec['limits'] = { ...WITHIN, memoryBytes: 64 * MIB, processes: 24, diskBytes: 64 * MIB };

const MEMFD_CREATE = process.arch === 'x64' ? 319 : 279;
const waits = `print "${GOT}\\n"; select(undef, undef, undef, 0.25) for 1 .. 24;`;
const fill = `for (1 .. ${TAKEN / MIB}) { syswrite($h, 'x' x ${MIB}) == ${MIB} or exit 3 }`;

/** It gets through when nobody ended it: it printed, waited for many looks, and came to its own end. */
const bounded = (fact: string, script: string): Attack => ({
  family: 'bounds',
  fact,
  script: () => script,
  control: [],
  controlLimits: { ...WITHIN, memoryBytes: 4096 * MIB },
  spec: { limits: TIGHT },
  isThrough: (result) => result.end === 'exited' && result.output.includes(GOT),
});

export const BOUND_ATTACKS: readonly Attack[] = [
  bounded('memory ends at its bound', `my $x = 'x' x ${TAKEN}; ${waits}`),
  bounded(
    'memory without a name ends at the bound',
    `my $n = 'x'; my $f = syscall(${MEMFD_CREATE}, $n, 0); open(my $h, '>&=', $f) or exit 3; ${fill} ${waits}`,
  ),
  bounded(
    'files in memory end at the bound',
    `for my $d ('/tmp', '/dev/shm', $ENV{HOME}) { open(my $h, '>', "$d/x") or exit 3; for (1 .. 28) { syswrite($h, 'x' x ${MIB}) } } ${waits}`,
  ),
  bounded(
    'files in memory that lost their name end at the bound',
    `open(my $h, '>', '/dev/shm/x') or exit 3; unlink '/dev/shm/x'; ${fill} ${waits}`,
  ),
  bounded('files of the workspace end at the bound', `open(my $h, '>', 'x') or exit 3; ${fill} ${waits}`),
  bounded(
    'files of the workspace that lost their name end at the bound',
    `open(my $h, '>', 'x') or exit 3; unlink 'x'; ${fill} ${waits}`,
  ),
  bounded(
    'processes end at their bound',
    `for (1 .. 60) { fork() // exit 3 or do { select(undef, undef, undef, 8); exit 0 } } ${waits}`,
  ),
];
