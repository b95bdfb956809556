/** What needs a person, who works on what, what waits and lands, what it costs. */
import { h } from 'preact';
import type { RunStatus } from './api.ts';
import { Recent } from './feed.ts';
import { say } from './follow.ts';
import { isLive, tasks, to } from './store.ts';
import { TasksPart } from './tasks.ts';
import { button, count, lasting, money, nothing, part, plural } from './words.ts';

export const overview = (now: RunStatus) =>
  h('div', { class: 'beside' }, [
    h('div', null, [workersPart(now), h(TasksPart, { isShort: true })]),
    h('div', null, [queuePart(now), costPart(now), h(Recent, null)]),
  ]);

export function needsPart({ needs }: RunStatus) {
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
          h('p', null, task ? h('a', { href: to({ task, pane: 'story' }) }, text) : text),
          h(
            'dl',
            null,
            choices.flatMap(({ command, means }) => [h('dt', null, choiceOf(command)), h('dd', null, means)]),
          ),
        ]),
      ),
    ),
    more > 0 && nothing(`and ${more} more: swarm status --json`),
  );
}

/** What can be done here with a press is a button; everything else is typed. */
const choiceOf = (command: string) =>
  command === 'swarm continue' && isLive.value
    ? button('Continue', () => say({ type: 'continue', by: 'operator' }))
    : h('code', null, command);

const workersPart = ({ board, holder }: RunStatus) =>
  part(
    'workers',
    'Workers',
    `${board.rows.length} of ${board.workersWanted} at work`,
    board.rows.length === 0
      ? nothing(holder ? 'Nobody is at work.' : 'No process works on this run.')
      : h('div', { class: 'scrolling', tabIndex: 0, role: 'region', 'aria-label': 'Attempts at work' }, [
          h('table', null, [
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
              board.rows
                .slice(0, ROWS_MAX)
                .map((row) =>
                  h('tr', { key: row.attempt }, [
                    h('td', null, h('a', { href: to({ task: row.task, pane: 'story' }) }, row.attempt)),
                    h('td', { class: 'wide' }, row.title),
                    h('td', null, row.doing),
                    h('td', { class: 'figure' }, lasting(row.elapsedMs)),
                    h('td', null, row.driver ?? ''),
                  ]),
                ),
            ),
          ]),
        ]),
    board.rows.length > ROWS_MAX && nothing(`and ${count(board.rows.length - ROWS_MAX)} more`),
  );

/** The longest at work come first. */
const ROWS_MAX = 50;

function queuePart({ queue, gate, waits }: RunStatus) {
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
      ...landing
        .slice(0, 8)
        .map(({ landing, tasks, gate }) =>
          h(
            'li',
            { key: landing },
            `${landing} tests ${tasks.slice(0, 8).join(', ')}${gate ? `: ${gate}` : ''}`,
          ),
        ),
      ...waits.slice(0, 8).map(({ text }) => h('li', { key: text, class: 'muted' }, text)),
    ]),
  );
}

const figure = (name: string, n: number) => h('div', null, [h('dt', null, name), h('dd', null, count(n))]);

function costPart({ board, limits }: RunStatus) {
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

/** How far it is, for whoever only glances. */
export function progress({ board }: RunStatus) {
  const all = tasks().length;
  const { counts } = board;
  const done = counts.landed + counts.answered + counts.unneeded + counts.gathered;
  const dead = counts.failed + counts.cancelled;
  return all === 0
    ? ''
    : `${count(done)} of ${plural(all, 'task')} done${dead > 0 ? `, ${count(dead)} not` : ''}`;
}
