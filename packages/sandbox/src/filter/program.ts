/**
 * A small assembler for the kernel's filter machine (struct sock_filter, linux/filter.h; struct seccomp_data,
 * linux/seccomp.h): a program looks at one system call and answers what becomes of it.
 */
import type { Call, Machine } from './calls.ts';
import { LAST_CALL } from './calls.ts';

/** What becomes of a call. */
export const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const ERRNO = 0x00050000;
export const refuse = (errno: number): number => ERRNO | errno;

export const EPERM = 1;
export const ENOSYS = 38;
export const EAFNOSUPPORT = 97;

/** A rule settles one call for good: whatever it does not refuse is allowed. */
export interface Rule {
  readonly call: Call;
  readonly block: Block;
}

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];
export type Block = readonly Instruction[];

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_GREATER = 0x25;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const NUMBER_AT = 0;
const MACHINE_AT = 4;
/** Low half, on machines whose lowest byte comes first, as all of ours. The kernel reads these arguments as 32 bits. */
const argumentAt = (index: number): number => 16 + 8 * index;

export const answer = (value: number): Block => [[RETURN, 0, 0, value]];

/** @param otherwise what becomes of the call when none of the bits is set. */
export const whenAnyBit = (argument: number, bits: number, value: number, otherwise = ALLOW): Block => [
  [LOAD, 0, 0, argumentAt(argument)],
  [IF_ANY_BIT, 0, 1, bits],
  ...answer(value),
  ...answer(otherwise),
];

/** Goes through the values in order; `otherwise` is what follows when the argument is none of them. */
export const byValue = (
  argument: number,
  values: readonly (readonly [value: number, block: Block])[],
  otherwise: Block,
): Block => [
  [LOAD, 0, 0, argumentAt(argument)],
  ...values.flatMap(([value, block]) => [[IF_EQUAL, 0, block.length, value] as const, ...block]),
  ...otherwise,
];

/**
 * The bytes bubblewrap hands to the kernel. A call made as another kind of machine (32 bits, x32) ends the process:
 * its numbers mean other calls.
 */
export function assemble(machine: Machine, rules: readonly Rule[]): Buffer {
  const known = rules.flatMap(({ call, block }) => {
    const number = machine.numberOf(call);
    return number === undefined ? [] : [[IF_EQUAL, 0, block.length, number] as const, ...block];
  });
  const program: Block = [
    [LOAD, 0, 0, MACHINE_AT],
    [IF_EQUAL, 1, 0, machine.audit],
    ...answer(KILL_PROCESS),
    [LOAD, 0, 0, NUMBER_AT],
    ...unknownCalls(),
    ...known,
    ...answer(ALLOW),
  ];
  return bytesOf(program);
}

/** From this number on a call is one of x32. */
const X32 = 0x40000000;
const unknownCalls = (): Block => [
  [IF_GREATER, 0, 1, X32 - 1],
  ...answer(KILL_PROCESS),
  [IF_GREATER, 0, 1, LAST_CALL],
  ...answer(refuse(ENOSYS)),
];

function bytesOf(program: Block): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
