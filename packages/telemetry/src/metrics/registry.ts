/** A registry of its own with every metric of METRICS, which knows what each run has brought and can forget it. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricAbout, type MetricName } from './names.ts';

export type Labels = Readonly<Record<string, string>>;
type Metric = Counter<string> | Gauge<string> | Histogram<string>;

export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #metrics: ReadonlyMap<string, Metric>;
  /** By run: each series, as its metric and its labels. */
  readonly #series = new Map<string, Map<string, { readonly metric: Metric; readonly labels: Labels }>>();

  /** @param hasProcess the metrics of this process besides: memory, processor time, the event loop. */
  constructor(hasProcess: boolean) {
    const named = Object.entries(METRICS as Readonly<Record<string, MetricAbout>>);
    this.#metrics = new Map(named.map(([name, about]) => [name, made(this.#registry, name, about)]));
    if (hasProcess) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  add(name: MetricName, run: string, labels: Labels, by: number): void {
    const metric = this.#noted(name, run, labels);
    if (metric instanceof Counter) metric.inc({ ...labels, run }, by);
  }

  observe(name: MetricName, run: string, labels: Labels, value: number): void {
    const metric = this.#noted(name, run, labels);
    if (metric instanceof Histogram) metric.observe({ ...labels, run }, value);
  }

  /** @param value undefined: it is not known, and there is no such series. */
  set(name: MetricName, run: string, labels: Labels, value: number | undefined): void {
    const metric = this.#noted(name, run, labels);
    if (!(metric instanceof Gauge)) return;
    if (value === undefined) metric.remove({ ...labels, run });
    else metric.set({ ...labels, run }, value);
  }

  forget(run: string): void {
    for (const { metric, labels } of this.#series.get(run)?.values() ?? []) metric.remove({ ...labels, run });
    this.#series.delete(run);
  }

  #noted(name: MetricName, run: string, labels: Labels): Metric {
    const metric = this.#metrics.get(name)!;
    const ofRun = this.#series.get(run) ?? new Map();
    this.#series.set(run, ofRun);
    const key = `${name}\n${Object.values(labels).join('\n')}`;
    if (!ofRun.has(key)) ofRun.set(key, { metric, labels });
    return metric;
  }
}

function made(registry: Registry, name: string, about: MetricAbout): Metric {
  const config = { name, help: about.help, labelNames: ['run', ...about.labels], registers: [registry] };
  switch (about.kind) {
    case 'counter':
      return new Counter(config);
    case 'gauge':
      return new Gauge(config);
    case 'histogram':
      return new Histogram({ ...config, buckets: [...about.buckets!] });
  }
}
