import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callProfile } from './profile.ts';

interface Rule {
  readonly names: readonly string[];
  readonly errnoRet: number;
  readonly args?: readonly { index: number; value: number; valueTwo?: number; op: string }[];
}

const rules = (JSON.parse(callProfile('x64')!) as { syscalls: readonly Rule[] }).syscalls;

/** As libseccomp compares: 64 bits wide, all conditions of a rule together. */
function answered(call: string, ...args: readonly (number | bigint)[]): number | 'allowed' {
  const fits = ({ names, args: conditions = [] }: Rule): boolean =>
    names.includes(call) &&
    conditions.every(({ index, value, valueTwo, op }) => {
      const given = BigInt.asUintN(64, BigInt(args[index] ?? 0));
      if (op === 'SCMP_CMP_GT') return given > BigInt(value);
      if (op === 'SCMP_CMP_NE') return given !== BigInt(value);
      return (given & BigInt(value)) === BigInt(valueTwo!);
    });
  return rules.find(fits)?.errnoRet ?? 'allowed';
}

const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
const HIGH = 1n << 32n;

const CASES: readonly (readonly [string, ...(number | bigint)[]])[] = [
  ['read', 0],
  ['ptrace', 0],
  ['clone3', 0],
  ['clone', 0x11],
  ['clone', 0x10000011],
  ['unshare', 0x80],
  ['unshare', 0x200],
  ['ioctl', 0, 0x5401],
  ['ioctl', 0, 0x5412],
  ['ioctl', 0, HIGH | 0x5412n],
  ['socket', 2, 1, 0],
  ['socket', 40, 1, 0],
  ['socket', HIGH | 40n, 1, 0],
  ['socket', 200, 1, 0],
  ['socket', 16, 3, 0],
  ['socket', 16, 3, 15],
  ['personality', 0],
  ['personality', 0x20008],
  ['personality', 0xffffffff],
  ['personality', 0x400000],
  ['personality', 0x80400000],
  ['personality', 0x80000000],
];

test('a container engine is told the rules of the filter, whatever stands above the bits the kernel reads', () => {
  assert.deepEqual(
    CASES.map(([call, ...args]) => answered(call, ...args)),
    [
      'allowed',
      EPERM,
      ENOSYS,
      ...['allowed', EPERM, EPERM, 'allowed'],
      ...['allowed', EPERM, EPERM],
      ...['allowed', EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, 'allowed', EPERM],
      ...['allowed', 'allowed', 'allowed', EPERM, EPERM, EPERM],
    ],
  );
});

test('a machine whose calls nobody here knows has no profile', () => {
  assert.equal(callProfile('riscv64'), undefined);
});
