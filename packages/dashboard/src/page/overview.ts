/** What needs a person, who works on what, what waits and lands, what it costs. */
import { h } from 'preact';
import type { RunStatus } from './api.ts';
import { show } from './store.ts';
import { count, lasting, money, nothing, part, plural } from './words.ts';

export function needsPart({ needs, run }: RunStatus) {
  if (needs.count === 0) return null;
  const more = needs.count - needs.listed.length;
  return part(
    'needs',
    `${needs.count === 1 ? 'One thing needs' : `${needs.count} things need`} you`,
    '',
    h(
      'ul',
      null,
      needs.listed.map(({ id, text, task, choices }) =>
        h('li', { key: id }, [
          h('p', null, task ? h('a', { href: `#${run}/${task}` }, text) : text),
          h(
            'dl',
            null,
            choices.flatMap(({ command, means }) => [
              h('dt', null, h('code', null, command)),
              h('dd', null, means),
            ]),
          ),
        ]),
      ),
    ),
    more > 0 && nothing(`and ${more} more: swarm status --json`),
  );
}

export const workersPart = ({ board, run, holder }: RunStatus) =>
  part(
    'workers',
    'Workers',
    `${board.rows.length} of ${board.workersWanted} at work`,
    board.rows.length === 0
      ? nothing(holder ? 'Nobody is at work.' : 'No process works on this run.')
      : h('table', null, [
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              ['attempt', 'task', holder ? 'doing' : 'was doing', 'for', 'agent'].map((name) =>
                h('th', { scope: 'col' }, name),
              ),
            ),
          ),
          h(
            'tbody',
            null,
            board.rows.map((row) =>
              h('tr', { key: row.attempt, onClick: () => show(run, row.task) }, [
                h('td', null, h('a', { href: `#${run}/${row.task}` }, row.attempt)),
                h('td', { class: 'wide' }, row.title),
                h('td', null, row.doing),
                h('td', { class: 'figure' }, lasting(row.elapsedMs)),
                h('td', null, row.driver ?? ''),
              ]),
            ),
          ),
        ]),
  );

export function queuePart({ queue, gate, waits }: RunStatus) {
  const { landing, waiting, ready, blocked } = queue;
  const gateNote = gate ? `gate ${lasting(gate.runMs)}, ${gate.parallel} at a time` : 'no gate';
  const isEmpty = landing.length + waiting.length + waits.length === 0;
  return part(
    'queue',
    'Queue',
    gateNote,
    h('dl', { class: 'figures' }, [
      figure('under test', landing.length),
      figure('to land', waiting.length),
      figure('ready', ready.length),
      figure('blocked', blocked.length),
    ]),
    isEmpty && nothing('Nothing waits.'),
    h('ul', { class: 'plain' }, [
      ...landing.map(({ landing, tasks, gate }) =>
        h('li', { key: landing }, `${landing} tests ${tasks.join(', ')}${gate ? `: ${gate}` : ''}`),
      ),
      ...waits.slice(0, 8).map(({ text }) => h('li', { key: text, class: 'muted' }, text)),
    ]),
  );
}

const figure = (name: string, n: number) => h('div', null, [h('dt', null, name), h('dd', null, count(n))]);

export function costPart({ board, limits }: RunStatus) {
  const { inputTokens, outputTokens, costUsd, priced, calls } = board.used;
  const tokens = inputTokens + outputTokens;
  return part(
    'cost',
    'Cost',
    plural(calls, 'call'),
    h('dl', { class: 'spent' }, [
      spent('tokens', tokens, limits?.tokens, count),
      priced
        ? spent('money', costUsd, limits?.usd, money)
        : h('div', null, [
            h('dt', null, 'money'),
            h('dd', null, costUsd > 0 ? `at least ${money(costUsd)}` : 'price unknown'),
          ]),
    ]),
  );
}

function spent(name: string, used: number, limit: number | undefined, text: (n: number) => string) {
  const words = limit === undefined ? text(used) : `${text(used)} of ${text(limit)}`;
  const bar =
    limit !== undefined &&
    h(
      'meter',
      { min: 0, max: limit, high: limit * 0.85, value: used, 'aria-label': `${name} of the limit` },
      words,
    );
  return h('div', null, [h('dt', null, name), h('dd', null, words, bar)]);
}
