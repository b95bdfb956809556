/** What needs a person: first, above all. */
import { needsText } from '@swarm/core/views/needs';
import { foreign, line } from '../lines.ts';
import type { Pane } from './pane.ts';

export const needsPane: Pane = {
  name: 'needs',
  title: ({ needs }) => needsText(needs) ?? 'nothing needs you',
  rows: ({ needs }) => needs.listed.map(({ id }) => id),
  taskOf: ({ needs }, row) => needs.listed.find(({ id }) => id === row)?.task,
  draw({ needs }, row) {
    const found = needs.listed.find(({ id }) => id === row);
    return found ? [foreign(found.text, 'warn')] : line('');
  },
  nothing: () => '',
};
