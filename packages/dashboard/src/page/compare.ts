/** This run beside another: what each landed, and what that took. Refused where it would say nothing. */
import type { ComparedRun } from '@swarm/core/views/compare';
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as api from './api.ts';
import { address, go, run, runs } from './store.ts';
import { count, lasting, money, nothing, part, shown } from './words.ts';

export function Compare() {
  const { other } = address.value;
  const [told, tell] = useState<api.Answer<Comparison> | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    tell(undefined);
    if (other !== undefined)
      void api.comparison(run.value!, other).then((answer) => {
        if (!isLeft) tell(answer);
      });
    return () => {
      isLeft = true;
    };
  }, [run.value, other]);
  const others = (runs.value ?? []).filter((one) => one.run !== run.value && !one.trouble);
  return part(
    'compare',
    'Compare',
    '',
    h('p', null, [
      h('label', { for: 'other' }, 'with '),
      h(
        'select',
        {
          id: 'other',
          value: other ?? '',
          onChange: (event: Event) =>
            go({ other: (event.currentTarget as HTMLSelectElement).value || undefined }),
        },
        [
          h('option', { value: '', key: '' }, others.length === 0 ? 'there is no other run' : 'choose a run'),
          ...others.map((one) =>
            h(
              'option',
              { key: one.run, value: one.run },
              `${one.run} · ${one.standing} · ${one.request.slice(0, 60)}`,
            ),
          ),
        ],
      ),
    ]),
    other !== undefined && !told && nothing('…'),
    told &&
      !told.ok &&
      h('p', { class: 'trouble', role: 'alert' }, [
        told.trouble.what,
        told.trouble.why && `. ${told.trouble.why}`,
      ]),
    told?.ok && table(told.value),
  );
}

interface Comparison {
  readonly runs: readonly ComparedRun[];
  readonly doubts: readonly string[];
}

const or = (n: number | undefined, text: (n: number) => string): string => (n === undefined ? '–' : text(n));
const two = (n: number): string => n.toFixed(2);

const ROWS: readonly (readonly [string, (run: ComparedRun) => string])[] = [
  ['agents', (r) => r.agents.join(', ')],
  ['models', (r) => r.models.join(', ') || '–'],
  ['complete', (r) => (r.isComplete ? 'yes' : 'no')],
  ['tasks', (r) => count(r.tasks)],
  ['landed', (r) => count(r.landed)],
  ['failed', (r) => count(r.failed)],
  ['verified', (r) => or(r.verifiedShare, (share) => `${Math.round(share * 100)} %`)],
  ['attempts a landing', (r) => or(r.attemptsPerLanding, two)],
  ['gate failures', (r) => count(r.gateFailures)],
  ['tokens', (r) => count(r.tokens)],
  ['tokens a landing', (r) => or(r.tokensPerLanding, (n) => count(Math.round(n)))],
  ['cost', (r) => (r.usd === undefined ? 'price unknown' : money(r.usd))],
  ['cost a landing', (r) => or(r.usdPerLanding, money)],
  ['time at work', (r) => lasting(r.activeMs)],
];

const table = ({ runs: both, doubts }: Comparison) => [
  h('p', { class: 'words' }, shown(both[0]!.request)),
  h('table', { class: 'compared' }, [
    h(
      'thead',
      null,
      h('tr', null, [
        h('td', null, ''),
        ...both.map((one) =>
          h('th', { scope: 'col', key: one.run }, h('a', { href: `#${one.run}` }, one.run)),
        ),
      ]),
    ),
    h(
      'tbody',
      null,
      [...ROWS, ...promptRows(both)].map(([name, of]) => {
        const values = both.map(of);
        const isSame = values.every((value) => value === values[0]);
        return h('tr', { key: name, class: isSame ? 'same' : '' }, [
          h('th', { scope: 'row' }, name),
          ...values.map((value, i) => h('td', { key: i }, shown(value))),
        ]);
      }),
    ),
  ]),
  doubts.length > 0 &&
    h(
      'ul',
      { class: 'plain' },
      doubts.map((one) => h('li', { class: 'muted', key: one }, one)),
    ),
];

/** Prompts that are the same in both say nothing. */
function promptRows(
  both: readonly ComparedRun[],
): readonly (readonly [string, (run: ComparedRun) => string])[] {
  const names = [...new Set(both.flatMap(({ prompts }) => Object.keys(prompts)))].sort();
  const of = (name: string) => (r: ComparedRun) =>
    (r.prompts[name] ?? ['–']).map((hash) => hash.slice(0, 10)).join(', ');
  return names
    .filter((name) => new Set(both.map(of(name))).size > 1)
    .map((name) => [`prompt ${name}`, of(name)] as const);
}
