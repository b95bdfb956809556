/** The panes by name. */
import type { PaneName } from '../ui.ts';
import { activityPane } from './activity.ts';
import { agentsPane } from './agents.ts';
import { needsPane } from './needs.ts';
import type { Pane } from './pane.ts';
import { queuePane } from './queue.ts';
import { tasksPane } from './tasks.ts';

export const PANE: Readonly<Record<PaneName, Pane>> = {
  needs: needsPane,
  agents: agentsPane,
  queue: queuePane,
  tasks: tasksPane,
  activity: activityPane,
};
