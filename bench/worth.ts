/**
 * What a fleet is worth on one request: the real program with one worker, with four, and solo, on the mechanic of
 * packages/eval. Every way mends the same planted faults; landed and green is what counts, then time and tokens.
 */
import { WAYS, type Worth, worthOf } from '../packages/eval/src/mechanic/worth.ts';
import type { Figure } from './figure.ts';

const PACKAGE = 'ledger';
const SEED = 1;

export async function run(): Promise<readonly Figure[]> {
  const found: Worth[] = [];
  // One after another: each has the machine to itself.
  for (const how of Object.keys(WAYS)) found.push(await worthOf({ package: PACKAGE, seed: SEED }, how));
  return found.flatMap(figuresOf);
}

const figuresOf = ({
  how,
  isGreen,
  passed,
  hidden,
  landed,
  tasks,
  attempts,
  wallMs,
  tokens,
}: Worth): Figure[] => [
  {
    name: `${how}: complete and green`,
    value: isGreen ? 1 : 0,
    unit: 'of 1',
    aim: { kind: 'at-least', value: 1 },
  },
  { name: '  hidden tests mended', value: passed, unit: `of ${hidden}` },
  { name: '  tasks landed', value: landed, unit: `of ${tasks}` },
  { name: '  attempts', value: attempts, unit: '' },
  { name: '  wall time', value: wallMs / 1_000, unit: 's' },
  { name: '  tokens', value: tokens, unit: '' },
];
