/** What was decided, the newest first. */
import { type Line, line, span, type Tone } from '../lines.ts';
import type { Pane } from './pane.ts';

export const activityPane: Pane = {
  name: 'activity',
  title: () => 'activity',
  rows: ({ happened }) => happened.map(({ id }) => id),
  taskOf: ({ happened }, id) => happened.find((one) => one.id === id)?.task,
  draw({ happened }, id): Line {
    const one = happened.find((some) => some.id === id);
    return one ? [span(`${clock(one.at)} `, 'dim'), span(one.text, toneOf(one.event))] : line('');
  },
  nothing: () => 'Nothing was decided yet.',
};

/** By the clock of whoever looks. */
function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((n) => String(n).padStart(2, '0'))
    .join(':');
}

function toneOf(event: string): Tone {
  if (event === 'landing.landed') return 'good';
  if (event === 'task.failed' || event === 'landing.rejected') return 'bad';
  return event === 'run.paused' || event === 'run.stopped' || event === 'task.cancelled' ? 'warn' : 'plain';
}
