/** Every key of the board, once: what is pressed, what it does. Help and docs are made of it, and each is pressed by a test. */

/** What was pressed, by name, or the characters it makes. */
export type Key = { readonly name: KeyName } | { readonly text: string; readonly isPasted?: boolean };

export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'tab'
  | 'back-tab'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'ctrl-a'
  | 'ctrl-c'
  | 'ctrl-e'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-w';

export type KeyGroup = 'move' | 'look' | 'task' | 'run';

export interface KeyRow {
  readonly keys: readonly string[];
  readonly group: KeyGroup;
  readonly does: string;
  /** The command that does the same. */
  readonly command?: string;
}

export const KEY_GROUPS: Readonly<Record<KeyGroup, string>> = {
  move: 'Move',
  look: 'Look',
  task: 'The chosen task',
  run: 'The run',
};

export const KEYS: readonly KeyRow[] = [
  { keys: ['Tab', 'Shift-Tab'], group: 'move', does: 'to the next pane, to the one before' },
  { keys: ['↑', '↓', 'k', 'j'], group: 'move', does: 'to the row above, below' },
  { keys: ['PgUp', 'PgDn'], group: 'move', does: 'a screen of rows' },
  { keys: ['Home', 'End', 'g', 'G'], group: 'move', does: 'to the first row, the last' },
  { keys: ['Esc'], group: 'move', does: 'closes what is open, takes the filter away' },
  { keys: ['q'], group: 'move', does: 'closes what is open, else leaves the board; the run goes on' },
  {
    keys: ['Enter'],
    group: 'look',
    does: 'the task’s story; of what needs you, the choices',
    command: 'explain',
  },
  { keys: ['d'], group: 'look', does: 'what the task changed', command: 'diff' },
  { keys: ['v'], group: 'look', does: 'what its agent said and did', command: 'transcript' },
  { keys: ['/'], group: 'look', does: 'shows only tasks that have these words: id, state, title' },
  { keys: ['?'], group: 'look', does: 'these keys' },
  { keys: ['Ctrl-L'], group: 'look', does: 'draws the screen anew' },
  { keys: ['t'], group: 'task', does: 'tells whoever works on it', command: 'tell' },
  { keys: ['r'], group: 'task', does: 'tries it again, with a hint', command: 'retry' },
  { keys: ['f'], group: 'task', does: 'goes first, last, or to a priority', command: 'prioritise' },
  { keys: ['x'], group: 'task', does: 'cancels it; asks first', command: 'cancel' },
  { keys: ['u'], group: 'task', does: 'takes its landing back; asks first', command: 'undo' },
  { keys: ['p'], group: 'run', does: 'pauses the run, or goes on', command: 'pause, continue' },
  { keys: ['n'], group: 'run', does: 'gives it one more task', command: 'submit' },
  { keys: ['a'], group: 'run', does: 'changes the request; shows what follows and asks', command: 'amend' },
  { keys: ['w'], group: 'run', does: 'how many workers, of all or of one role', command: 'scale' },
  { keys: ['$'], group: 'run', does: 'raises the budget', command: 'budget' },
  { keys: ['m'], group: 'run', does: 'sets a note that workers share', command: 'notes set' },
  { keys: ['X'], group: 'run', does: 'cancels the whole run; asks first', command: 'cancel' },
  { keys: ['U'], group: 'run', does: 'takes back all that has landed; asks first', command: 'undo --run' },
  { keys: ['S'], group: 'run', does: 'stops the run as Ctrl-C in its terminal does; asks first' },
  { keys: ['Ctrl-C'], group: 'run', does: 'leaves the board; in swarm run --board, stops the run' },
];
