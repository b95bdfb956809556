/** The forecast in words, for whoever decides whether a run begins. */
import type { Forecast, Range } from '@swarm/core/rules/forecast';
import { countText, durationText, groupText } from '@swarm/core/views/words';
import type { Config } from '../config/resolved.ts';
import { sanitizeLine } from './output.ts';

const CHAIN_SHOWN = 6;

/** One line a figure; the last ones say what the forecast is made from, and which bound of the run it passes. */
export function forecastText(forecast: Forecast, { budget, endpoints }: Config): readonly string[] {
  const { tasks, criticalPath, wallMs, from } = forecast;
  return [
    `forecast: ${countText(tasks, 'task')}, ${countText(criticalPath.length, 'step')} one after another (${chainText(criticalPath)})`,
    `  time    ${rangeText(wallMs, durationText)}`,
    ...(endpoints.length === 0 ? [] : spendText(forecast)),
    `  from    ${from.runs === 0 ? 'one published run of another system, as no run is recorded here yet: the first one tells more' : `${countText(from.runs, 'run')} here, ${countText(from.tasks, 'task')}; eight of ten should end within`}`,
    ...warnings(forecast, budget).map((text) => `  ${text}`),
  ];
}

function chainText(labels: readonly string[]): string {
  const shown = labels.slice(0, CHAIN_SHOWN).map((label) => sanitizeLine(label, 60));
  const more = labels.length - shown.length;
  return `${shown.join(' → ')}${more > 0 ? ` → … ${more} more` : ''}`;
}

const spendText = ({ tokens, usd }: Forecast): readonly string[] => [
  `  tokens  ${rangeText(tokens, (n) => groupText(roundTo2(n)))}`,
  `  cost    ${usd ? rangeText(usd, (n) => `$${n.toFixed(n < 1 ? 4 : 2)}`) : 'not known: no run with a price for every call is recorded here'}`,
];

const rangeText = ({ low, likely, high }: Range, text: (n: number) => string): string =>
  `${text(low)} to ${text(high)}, most likely ${text(likely)}`;

/** Two figures that count: more would promise what nobody knows. */
function roundTo2(n: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return Math.round(n / step) * step;
}

function warnings({ tokens, usd, wallMs }: Forecast, budget: Config['budget']): string[] {
  const bounds = [
    ['tokens', budget.tokens, tokens],
    ['usd', budget.usd, usd],
    ['time', budget.timeMs, wallMs],
  ] as const;
  return bounds.flatMap(([name, bound, range]) =>
    bound !== undefined && range !== undefined && bound < range.likely
      ? [
          `budget.${name} is less than is likely to be used: the run would stop before its end, and resume can go on`,
        ]
      : [],
  );
}
