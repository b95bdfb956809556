/** What infra/ offers over the metrics: alerts that fire when they should, and a dashboard of metrics that are there. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isOver, TASK_STATES } from '@swarm/core/model/task';
import { GENAI_VERSION } from '../src/genai.ts';
import { METRICS, type MetricAbout } from '../src/metrics/names.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PROMETHEUS = join(ROOT, 'infra', 'prometheus');
const isThere = spawnSync('promtool', ['--version']).status === 0;
const needsPromtool = isThere ? {} : { skip: 'promtool is not there; fix: apt-get install prometheus' };
const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: PROMETHEUS, encoding: 'utf8', stdio: 'pipe' });

/** Every name that a query can ask for, with the labels it has. */
const SERIES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(METRICS as Readonly<Record<string, MetricAbout>>).flatMap(([name, { kind, labels }]) => {
    const own = ['run', 'instance', 'job', ...labels];
    const ends = kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    return ends.map((end): [string, string[]] => [`${name}${end}`, end ? [...own, 'le'] : own]);
  }),
);

/** What is wrong with the names in a query: metrics that there are not, and labels that none of its metrics has. */
function strangersIn(expr: string): string[] {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/\[[^\]]*\]/g, '');
  const labels = [
    ...[...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner]) => inner!.match(/\w+(?=\s*(?:=|!))/g) ?? []),
    ...[...bare.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, inner]) => inner!.split(/\s*,\s*/)),
  ];
  const rest = bare.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(?:by|on)\s*\([^)]*\)/g, '');
  const metrics = rest.match(/\b(?:swarm|gen_ai)_\w+/g) ?? [];
  const known = new Set(metrics.flatMap((name) => SERIES.get(name) ?? []));
  return [
    ...(metrics.length === 0 ? [`no metric in ${expr}`] : []),
    ...metrics.filter((name) => !SERIES.has(name)),
    ...labels.filter((label) => !known.has(label)),
  ];
}

test('every query of the dashboard asks for metrics and labels that there are', () => {
  const text = readFileSync(join(ROOT, 'infra', 'grafana', 'swarm.json'), 'utf8');
  const { panels, templating } = JSON.parse(text) as {
    panels: { title: string; targets: { expr: string }[] }[];
    templating: { list: { query: string }[] };
  };
  assert.ok(panels.length > 10);
  for (const { title, targets } of panels)
    for (const { expr } of targets) assert.deepEqual(strangersIn(expr), [], title);
  assert.ok(templating.list.some(({ query }) => query === 'label_values(swarm_run_open, run)'));
});

test('the alerts ask for metrics and labels that there are, and call open what is not over', () => {
  const rules = readFileSync(join(PROMETHEUS, 'swarm.rules.yml'), 'utf8');
  const exprs = [...rules.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*))/g)].map(
    ([, block, line]) => block ?? line!,
  );
  assert.equal(exprs.length, 4);
  for (const expr of exprs) assert.deepEqual(strangersIn(expr), [], expr);
  assert.equal(
    /swarm_tasks\{state=~"([^"]*)"\}/.exec(rules)?.[1],
    TASK_STATES.filter((state) => !isOver(state)).join('|'),
  );
});

test('what workers are scaled by asks for metrics and labels that there are', () => {
  const rules = readFileSync(join(PROMETHEUS, 'workers.rules.yml'), 'utf8');
  const exprs = [...rules.matchAll(/expr: (.*)/g)].map(([, line]) => line!);
  assert.equal(exprs.length, 2);
  for (const expr of exprs)
    assert.deepEqual(strangersIn(expr.replaceAll(/\b(group_left|bool)\b( \(\))?/g, '')), [], expr);
});

test('a query for what is not there is told', () => {
  assert.deepEqual(strangersIn('sum by (flavour) (swarm_tasks{colour="x"}) > swarm_nothing'), [
    'swarm_nothing',
    'colour',
    'flavour',
  ]);
  assert.deepEqual(strangersIn('swarm_gate_seconds{run="a"}'), ['swarm_gate_seconds', 'run']);
});

test('promtool takes the alerts and the example of a scrape', needsPromtool, () => {
  assert.match(promtool('check', 'rules', 'swarm.rules.yml'), /4 rules found/);
  assert.match(promtool('check', 'rules', 'workers.rules.yml'), /2 rules found/);
  promtool('check', 'config', '--syntax-only', 'prometheus.yml');
});

test('each alert fires when it should, and not before', needsPromtool, () => {
  for (const rules of ['swarm', 'workers'])
    assert.match(promtool('test', 'rules', `${rules}.rules.test.yml`), /SUCCESS/);
});

test('the page has every metric with its kind and its labels, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs', 'telemetry.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)];
  const said = new Map(rows.map(([, name, kind, labels]) => [name!, { kind: kind!, labels: labels! }]));
  assert.deepEqual([...said.keys()], Object.keys(METRICS));
  assert.ok(page.includes(`version ${GENAI_VERSION}`));
  for (const [name, { kind, labels }] of Object.entries(METRICS as Readonly<Record<string, MetricAbout>>)) {
    assert.equal(said.get(name)!.kind, kind, name);
    const told = [...said.get(name)!.labels.matchAll(/`(\w+)`/g)].map(([, label]) => label);
    if (!/as above|the same/.test(said.get(name)!.labels)) assert.deepEqual(told, labels, name);
  }
});
