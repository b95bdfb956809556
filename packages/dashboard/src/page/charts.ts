/** What landed over time, and what it cost: pictures, and the same in words and figures. */
import type { Point } from '@swarm/core/views/history';
import { h } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { growthOf, pointsUntil, type Series, throughputOf } from './charts-data.ts';
import { wantHistory } from './follow.ts';
import { address, history, historyVersion, status } from './store.ts';
import { timeShown } from './timeline.ts';
import { clock, count, lasting, money, nothing, part } from './words.ts';

const HEIGHT = 190;

export function Charts() {
  useEffect(wantHistory, []);
  const { at } = address.value;
  const points = useMemo(() => pointsUntil(history().points, at), [historyVersion.value, at]);
  const [first] = points;
  if (!first) return part('charts', 'Charts', '', nothing('Nothing has landed or been spent yet.'));
  const from = first.at;
  const until = Math.max(timeShown(), from + 1);
  const { board, limits } = status.value!;
  const landing = throughputOf(points, from, until);
  const landed = points.at(-1)!.landed;
  const cost = costOf(points, board.used.priced && board.used.costUsd > 0);
  const limit = cost.isMoney ? limits?.usd : limits?.tokens;
  return h('div', { class: 'charts' }, [
    h(Chart, {
      id: 'throughput',
      title: 'Landed per hour',
      words: `${count(landed)} landed in ${lasting(until - from)}: ${perHour(landing.perHour)} an hour${landing.best ? `, at best ${perHour(landing.best.perHour)} at ${clock(landing.best.at)}` : ''}. Each bar is ${lasting(landing.bucketMs)}; the last one is not over.`,
      series: [landing],
      isBars: true,
      text: perHour,
    }),
    h(Chart, {
      id: 'landed',
      title: 'Landed in all',
      words: `${count(landed)} tasks are on the target.`,
      series: [growthOf(points, (point) => point.landed, from, until)],
      isWhole: true,
      text: count,
    }),
    h(Chart, {
      id: 'spent',
      title: cost.isMoney ? 'Money spent' : 'Tokens used',
      words: `${cost.text(cost.of(points.at(-1)!))}${limit === undefined ? ', without a limit' : ` of ${cost.text(limit)}`}${landed > 0 ? `; ${cost.text(cost.of(points.at(-1)!) / landed)} a landing` : ''}.`,
      series: [growthOf(points, cost.of, from, until)],
      isWhole: !cost.isMoney,
      limit,
      text: cost.text,
    }),
  ]);
}

const perHour = (n: number): string => (n >= 10 || n === 0 ? count(Math.round(n)) : n.toFixed(1));

const costOf = (points: readonly Point[], isMoney: boolean) => ({
  isMoney,
  of: isMoney ? (point: Point) => point.usd : (point: Point) => point.tokens,
  text: isMoney ? money : (n: number) => count(Math.round(n)),
  points,
});

interface ChartAsk {
  readonly id: string;
  readonly title: string;
  /** What the picture says. */
  readonly words: string;
  readonly series: readonly [Series];
  readonly limit?: number | undefined;
  readonly isBars?: boolean;
  /** There are no halves of it. */
  readonly isWhole?: boolean;
  readonly text: (n: number) => string;
}

/** Rows of figures beside a picture. */
const FIGURES_MAX = 60;

function Chart(ask: ChartAsk) {
  const { id, title, words, series, text } = ask;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = dataOf(ask);
  useLayoutEffect(() => {
    const place = box.current!;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(ask, place), dataOf(ask), place);
    };
    draw();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    const watching = new ResizeObserver(() => {
      plot.current?.setSize({ width: place.clientWidth, height: HEIGHT });
    });
    watching.observe(place);
    return () => {
      dark.removeEventListener('change', draw);
      watching.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [id, title]);
  useEffect(() => plot.current?.setData(data), [data]);
  const [{ at, values }] = series;
  const stride = Math.ceil(at.length / FIGURES_MAX);
  const rows = at.map((when, i) => [when, values[i]!] as const).filter((_, i) => i % stride === 0);
  return part(
    id,
    title,
    '',
    h('div', { ref: box, class: 'plot', role: 'img', 'aria-label': `${title}: ${words}` }),
    h('p', { class: 'muted' }, words),
    h('details', null, [
      h('summary', null, 'in figures'),
      h('table', null, [
        h('thead', null, h('tr', null, [h('th', { scope: 'col' }, 'at'), h('th', { scope: 'col' }, title)])),
        h(
          'tbody',
          null,
          rows.map(([when, value], i) =>
            h('tr', { key: i }, [
              h('td', null, clock(when * 1_000)),
              h('td', { class: 'figure' }, text(value)),
            ]),
          ),
        ),
      ]),
    ]),
  );
}

function dataOf({ series: [{ at, values }], limit }: ChartAsk): uPlot.AlignedData {
  const more = limit === undefined ? [] : [at.map(() => limit)];
  return [[...at], [...values], ...more];
}

/** As the style has it now: a canvas knows no variables. */
function coloursAt(place: HTMLElement): (name: string) => string {
  const probe = place.appendChild(document.createElement('span'));
  const found = new Map(
    ['muted', 'line', 'accent', 'accent-paper', 'bad'].map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return (name) => found.get(name)!;
}

const WHOLE = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000, 10_000_000,
  100_000_000,
];

/** Bars stand on their times: half of the first and of the last would be cut off. */
function padded(min: number, max: number, bars: number): uPlot.Range.MinMax {
  const half = bars > 1 ? (max - min) / (bars - 1) / 2 : 5;
  return [min - half, max + half];
}

function optionsOf({ isBars, isWhole, limit, text, series }: ChartAsk, place: HTMLElement): uPlot.Options {
  const colour = coloursAt(place);
  const axis = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
  };
  const { bars, stepped } = uPlot.paths;
  const paths = isBars ? bars!({ size: [0.8, 40] }) : stepped!({ align: 1 });
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      ...(isBars && { x: { range: (_, min, max) => padded(min, max, series[0].at.length) } }),
      y: { range: (_, __, max) => [0, Math.max(max, limit ?? 0, 1e-9) * 1.08] },
    },
    axes: [
      { ...axis, values: (_, all) => all.map((at) => clock(at * 1_000)), space: 80, size: 32 },
      { ...axis, values: (_, all) => all.map(text), size: 64, ...(isWhole && { incrs: WHOLE }) },
    ],
    series: [
      {},
      {
        stroke: () => colour('accent'),
        fill: () => colour('accent-paper'),
        width: 1.5,
        points: { show: false },
        paths,
      },
      ...(limit === undefined
        ? []
        : [{ stroke: () => colour('bad'), dash: [5, 5], width: 1.5, points: { show: false } }]),
    ],
  };
}
