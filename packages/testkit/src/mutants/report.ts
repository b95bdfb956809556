/** The table of mutants, as it is printed and as it stands in docs/mutants.md. */
import type { Tried, TryOptions } from './try.ts';

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

export function renderTable(tried: readonly Tried[], { seeds }: TryOptions): string {
  const rows = tried.map((one) => {
    const { name, mutant } = one;
    return `| \`${name}\` | ${mutant.means} | ${bySimulator(one)} | ${byTest(one)} |`;
  });
  return [
    '# Mutants of the product',
    '',
    '<!-- Made by `pnpm sim --mutants --unit --write`. -->',
    '',
    `Each is a fault planted in a copy of the sources. The simulator has ${seeds} seeds to find it; then the unit tests of`,
    'the packages it is in are asked, found or not.',
    '',
    '| mutant | what it does | found by the simulator | by a unit test |',
    '|---|---|---|---|',
    ...rows,
    '',
    `${verdictOf(tried).text}.`,
    '',
  ].join('\n');
}

function bySimulator({ seed, said, mutant }: Tried): string {
  if (seed !== undefined) return `seed ${seed}: ${cell(said!)}`;
  return mutant.redundant ? `no: redundant defence, ${mutant.redundant}` : 'no';
}

const byTest = ({ test }: Tried): string => (test === undefined ? 'no' : cell(test));

/** Short, and without what would end the cell or differ from run to run. */
const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replace(/\b[0-9a-f]{40}\b/g, (id) => id.slice(0, 8))
    .slice(0, 110);
