/**
 * `pnpm bench [name…] [--json] [--large] [--latency MS]`: measures, and says for each figure whether it reaches its
 * aim. Exit 0 when all do, 1 when one does not, 2 for a name or a latency that does not exist.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchOptions, type Figure, reaches } from './figure.ts';

/** Loaded when asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  core: () => import('./core.ts'),
  watch: () => import('./watch.ts'),
  board: () => import('./board.ts'),
  page: () => import('./page.ts'),
  dispatch: () => import('./dispatch.ts'),
  storm: () => import('./storm.ts'),
  gate: () => import('./gate.ts'),
  landing: () => import('./landing.ts'),
  'land-typed': () => import('./land-typed.ts'),
  'run-typed': () => import('./run-typed.ts'),
  'real-run': () => import('./real-run.ts'),
  idle: () => import('./idle.ts'),
  forecast: () => import('./forecast.ts'),
  worth: () => import('./worth.ts'),
  workers: () => import('./workers.ts'),
};

interface Bench {
  run(options: BenchOptions): Promise<readonly Figure[] | Documented>;
}

/** A bench with a document of its own: what `--json` prints when it is asked for alone. */
interface Documented {
  readonly figures: readonly Figure[];
  readonly document: object;
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, large: { type: 'boolean' }, latency: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such bench: ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(2);
}

const { latency } = values;
if (latency !== undefined && !/^\d{1,5}$/.test(latency)) {
  process.stderr.write(
    `no such latency: ${latency}; give milliseconds, as in: pnpm bench landing --latency 150\n`,
  );
  process.exit(2);
}
const options: BenchOptions = {
  isLarge: values.large === true,
  ...(latency !== undefined && { latencyMs: Number(latency) }),
};

const figures: Figure[] = [];
const documents: object[] = [];
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
for (const name of names) {
  const bench = await BENCHES[name]!();
  const measured = await bench.run(options);
  if ('document' in measured) documents.push(measured.document);
  figures.push(...('document' in measured ? measured.figures : measured));
}
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() };
const [document] = names.length === 1 ? documents : [];
process.stdout.write(values.json ? `${JSON.stringify(document ?? { machine, figures })}\n` : screen());
process.exitCode = figures.every(reaches) ? 0 : 1;

function screen(): string {
  const lines = figures.map((figure) => {
    const value = `${Math.round(figure.value * 100) / 100}`.padStart(12);
    const aim = figure.aim ? `aim ${figure.aim.kind === 'at-least' ? '≥' : '≤'} ${figure.aim.value}` : '';
    return `${figure.name.padEnd(58)}${value} ${figure.unit.padEnd(10)} ${aim} ${reaches(figure) ? '' : 'MISSED'}`.trimEnd();
  });
  return `${machine.cores} × ${machine.cpu}, Node ${machine.node}\n${lines.join('\n')}\n`;
}
