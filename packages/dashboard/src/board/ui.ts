/** Where a person stands on the board: which pane, which row, what is open, what is being typed. A value; keys make the next one. */
import type { TaskId } from '@swarm/core/model/ids';
import type { Editing } from './editing.ts';
import type { Said, Steer } from './ports.ts';

export const PANES = ['needs', 'agents', 'queue', 'tasks', 'activity'] as const;
export type PaneName = (typeof PANES)[number];

/** What covers the panes. */
export type Detail =
  | { readonly kind: 'help' }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'story' | 'diff' | 'transcript'; readonly task: TaskId };

/** What is asked at the foot of the screen. */
export type Question =
  | {
      readonly kind: 'line';
      readonly label: string;
      readonly editing: Editing;
      /** What follows from what was typed; undefined where it says nothing. */
      readonly leadsTo: (text: string) => Next | undefined;
    }
  | {
      readonly kind: 'choice';
      readonly label: string;
      /** By the key that takes it. */
      readonly choices: Readonly<Record<string, Next>>;
    };

/** What an answer leads to. */
export type Next =
  | { readonly kind: 'steer'; readonly steer: Steer }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'open'; readonly detail: Detail }
  | { readonly kind: 'filter'; readonly text: string }
  | { readonly kind: 'say'; readonly text: string };

export interface Ui {
  readonly focus: PaneName;
  /** The row that was chosen in each pane, and where it stood; absent: the first. */
  readonly at: Partial<Record<PaneName, { readonly id: string; readonly index: number }>>;
  readonly filter: string;
  readonly detail: Detail | undefined;
  /** First line of the detail that is shown; Infinity: its end. */
  readonly top: number;
  readonly question: Question | undefined;
  readonly said: Pick<Said, 'isRefused' | 'text'> | undefined;
}

export const FIRST: Ui = {
  focus: 'agents',
  at: {},
  filter: '',
  detail: undefined,
  top: 0,
  question: undefined,
  said: undefined,
};

/** Where the chosen row stands now; where it is gone, what has taken its place. -1: there is none. */
export function indexIn(ui: Ui, pane: PaneName, rows: readonly string[]): number {
  const at = ui.at[pane];
  if (rows.length === 0) return -1;
  if (at === undefined) return 0;
  if (rows[at.index] === at.id) return at.index;
  const found = rows.indexOf(at.id);
  return found >= 0 ? found : Math.min(at.index, rows.length - 1);
}
