/** What is shown, as the address names it, so that a reload shows it again: `#r-20261121-k3f9@120/graph/t12/diff`. */

export const VIEWS = [
  'overview',
  'tasks',
  'graph',
  'timeline',
  'charts',
  'activity',
  'compare',
  'steer',
] as const;
export type View = (typeof VIEWS)[number];

export const PANES = ['story', 'diff', 'transcript'] as const;
export type Pane = (typeof PANES)[number];

export interface Address {
  readonly run: string | undefined;
  /** The entry after which the run is shown; undefined: as it is now. */
  readonly at: number | undefined;
  readonly view: View;
  /** The task that is open beside the view. */
  readonly task: string | undefined;
  readonly pane: Pane;
  /** Of the task; undefined: its last. */
  readonly attempt: string | undefined;
  /** The run it is compared with. */
  readonly other: string | undefined;
}

export const NOWHERE: Address = {
  run: undefined,
  at: undefined,
  view: 'overview',
  task: undefined,
  pane: 'story',
  attempt: undefined,
  other: undefined,
};

/** Whatever somebody typed: what names nothing is left out. */
export function addressOf(hash: string): Address {
  const [head = '', ...parts] = hash.replace(/^#/, '').slice(0, 400).split('/');
  const [, run, at] = /^(r-[\w-]{1,40})(?:@(\d{1,15}))?$/.exec(head) ?? [];
  let address: Address = { ...NOWHERE, run, at: at === undefined ? undefined : Number(at) };
  for (const part of parts) address = { ...address, ...partOf(part) };
  return address;
}

function partOf(part: string): Partial<Address> {
  if (VIEWS.some((view) => view === part)) return { view: part as View };
  if (PANES.some((pane) => pane === part)) return { pane: part as Pane };
  if (/^t\d{1,9}$/.test(part)) return { task: part };
  if (/^t\d{1,9}\.\d{1,9}(-[\w-]{1,40})?$/.test(part)) return { attempt: part };
  return /^r-[\w-]{1,40}$/.test(part) ? { other: part } : {};
}

export function hashOf({ run, at, view, task, pane, attempt, other }: Address): string {
  if (run === undefined) return '#';
  const parts = [
    view !== 'overview' && view,
    other,
    task,
    task !== undefined && pane !== 'story' && pane,
    task !== undefined && pane !== 'story' && attempt,
  ].filter((part) => part !== false && part !== undefined);
  return `#${[at === undefined ? run : `${run}@${at}`, ...parts].join('/')}`;
}
