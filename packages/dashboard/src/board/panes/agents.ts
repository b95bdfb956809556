/** Who works on what, for how long, and what they did last. */
import type { AttemptId } from '@swarm/core/model/ids';
import { taskOf } from '@swarm/core/model/ids';
import { boardRow } from '@swarm/core/views/board';
import { durationText, plain } from '@swarm/core/views/words';
import { type Cell, type Line, line, row } from '../lines.ts';
import type { Pane } from './pane.ts';

export const agentsPane: Pane = {
  name: 'agents',
  title: ({ pulse, holder }) =>
    `agents\t${pulse.working} of ${pulse.workers} ${holder ? 'at work' : 'were at work'}`,
  rows: ({ agents }) => agents,
  taskOf: (_, id) => taskOf(id as AttemptId),
  heads: (width) =>
    row(...columns(width, ['attempt', 'doing', 'agent', 'task', 'last act', '    for']).map(dimmed)),
  draw({ state, now, acts }, id, width): Line {
    if (!state.liveAttempts.has(id as AttemptId)) return line('');
    const { attempt, doing, elapsedMs, driver, title } = boardRow(state, id as AttemptId, now);
    const act = acts.get(attempt);
    const cells = [
      attempt,
      doing,
      plain(driver ?? '', 40),
      title,
      act ? plain(act.text, 200) : '',
      durationText(elapsedMs).padStart(TIME_WIDTH),
    ];
    return row(...columns(width, cells));
  },
  nothing: ({ holder, state }) =>
    state.closed ? 'The run is over.' : holder ? 'Nobody is at work.' : 'No process works on this run.',
};

const dimmed = (cell: Cell): Cell => ({ ...cell, tone: 'dim' });

/** What changes with every second stands last: a terminal is then told no more than that. */
const TIME_WIDTH = 7;

/** The title and the last act share what the figures leave; in a narrow terminal the title is there alone. */
function columns(
  width: number,
  [attempt, doing, agent, title, act, time]: readonly string[],
): readonly Cell[] {
  const agentWidth = width >= 100 ? 12 : 8;
  const left = width - (8 + 8 + agentWidth + TIME_WIDTH) - 4;
  const actWidth = left < 40 ? 0 : Math.min(60, Math.floor(left * 0.5));
  return [
    { text: attempt!, width: 8, tone: 'bold' },
    { text: doing!, width: 8 },
    { text: agent!, width: agentWidth, tone: 'dim' },
    { text: title!, width: left - (actWidth > 0 ? actWidth + 1 : 0) },
    { text: act!, width: actWidth, tone: 'dim' },
    { text: time!, width: TIME_WIDTH },
  ];
}
