/** The table of mutants, as it is printed and as it stands in docs/mutants.md. */
import type { ProductMutant } from './mutant.ts';
import type { Tried } from './try.ts';

/** Share of the mutants, %, that the simulator alone has to find. */
export const BY_SIMULATOR_PERCENT_MIN = 80;

export interface Verdict {
  readonly isGood: boolean;
  readonly text: string;
}

export function verdictOf(tried: readonly Tried[]): Verdict {
  const bySim = tried.filter((one) => one.seed !== undefined).length;
  const percent = Math.floor((100 * bySim) / tried.length);
  const unexplained = tried.filter((one) => !isFound(one) && !one.mutant.redundant);
  const problems = [
    ...(percent < BY_SIMULATOR_PERCENT_MIN ? [`the simulator must find ${BY_SIMULATOR_PERCENT_MIN} %`] : []),
    ...unexplained.map(({ name }) => `nothing finds ${name}`),
  ];
  const found = `${bySim} of ${tried.length} mutants (${percent} %) are found by the simulator alone, ${tried.filter(isFound).length} by it or a unit test`;
  return { isGood: problems.length === 0, text: [found, ...problems].join('; ') };
}

const isFound = (one: Tried): boolean => one.seed !== undefined || one.test !== undefined;

const HEAD: readonly string[] = [
  '# Mutants of the product',
  '',
  '<!-- Made by `pnpm sim --mutants --unit --write`. -->',
  '',
  'Each is a fault planted in a copy of the sources. The simulator tries seed after seed to find it; where it does not, the unit',
  'tests of what is changed are asked. Where a fault needs something rare to show, the seeds are focused: the same generator is',
  'told what must be in what it draws (`pnpm sim --focus`), and the laws are the same. The words in brackets say what.',
  '',
  '| mutant | what it does | found by the simulator | by a unit test |',
  '|---|---|---|---|',
];

/** @param untried names of mutants that were not tried yet: a table that is not whole says so. */
export function renderTable(tried: readonly Tried[], untried: readonly string[] = []): string {
  const rows = tried.map((one) => {
    const { name, mutant } = one;
    return `| \`${name}\` | ${mutant.means} | ${bySimulator(one)} | ${byTest(one)} |`;
  });
  const rest =
    untried.length > 0 ? [`Not tried yet: ${untried.map((name) => `\`${name}\``).join(', ')}.`, ''] : [];
  return [...HEAD, ...rows, '', `${verdictOf(tried).text}.`, '', ...rest].join('\n');
}

function bySimulator({ seed, said, unfoundIn, mutant }: Tried): string {
  const focus = mutant.focus ? ` (${mutant.focus.join(', ')})` : '';
  if (seed !== undefined) return `seed ${seed}${focus}: ${cell(said!)}`;
  const none = `no, in ${unfoundIn} seeds${focus}`;
  return mutant.redundant ? `${none}: redundant defence, ${mutant.redundant}` : none;
}

const byTest = ({ seed, test }: Tried): string =>
  test === undefined ? (seed === undefined ? 'no' : 'not asked') : cell(test);

/** Short, and without what would end the cell or differ from run to run. */
const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replace(/\b[0-9a-f]{40}\b/g, (id) => id.slice(0, 8))
    .slice(0, 110)
    .trim();

/** What a table that was written says of a mutant; undefined: nothing. */
export function readRow(table: string, name: string, mutant: ProductMutant): Tried | undefined {
  const row = table.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
  const [, , , bySim = '', byUnit = ''] =
    row?.split(/(?<!\\)\|/).map((text) => text.trim().replaceAll('\\|', '|')) ?? [];
  if (!row) return undefined;
  const unfoundIn = /^no, in (\d+) seeds/.exec(bySim)?.[1];
  const [, seed, said] = /^seed (\d+)(?: \([^)]*\))?: (.*)$/.exec(bySim) ?? [];
  return {
    name,
    mutant,
    ...(seed !== undefined && { seed: Number(seed), said: said! }),
    ...(unfoundIn !== undefined && { unfoundIn: Number(unfoundIn) }),
    ...(!['no', 'not asked'].includes(byUnit) && { test: byUnit }),
  };
}
