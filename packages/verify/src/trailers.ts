/** What a commit of ours, a landing or an undo, says of itself in the trailers of its last paragraph. */

export interface Tested {
  readonly gate: string;
  readonly tree: string;
}

/** One task's commit. */
export interface Mark {
  readonly run: string;
  readonly task: string;
  readonly attempt: string;
  /** Absent in a batch, where the merge on top was tested. */
  readonly tested?: Tested;
}

export interface UndoMark {
  readonly run: string;
  /** One trailer each. */
  readonly tasks: readonly string[];
  readonly gate: string;
  readonly tree: string;
}

export type Marking =
  /** Not one of ours: no `Swarm-` trailer in the last paragraph. */
  | { readonly kind: 'none' }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'undo'; readonly mark: UndoMark }
  /** The merge a batch landed as. */
  | { readonly kind: 'seal'; readonly run: string; readonly tested: Tested }
  /** Some of the trailers are there, and they are not right. `run` where it says one. */
  | { readonly kind: 'wrong'; readonly why: string; readonly run: string | undefined };

const FORMS = {
  'Swarm-Run': /^(r-\d{8}-[a-z2-7]{4})$/,
  'Swarm-Task': /^(t[1-9]\d*)$/,
  'Swarm-Attempt': /^(t[1-9]\d*\.[1-9]\d*)$/,
  'Swarm-Gate': /^(\S+) ([0-9a-f]{40}|[0-9a-f]{64})$/,
} as const;
type Key = keyof typeof FORMS;

export function markingOf(message: string): Marking {
  const lines = (
    message
      .trimEnd()
      .split(/\n\s*\n/)
      .slice(1)
      .at(-1) ?? ''
  ).split('\n');
  const values = (key: Key | 'Swarm-Undoes'): string[] =>
    lines.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2).trim());
  return values('Swarm-Undoes').length > 0 ? undoOf(values) : landingOf(values);
}

type Values = (key: Key | 'Swarm-Undoes') => string[];

function undoOf(values: Values): Marking {
  const run = values('Swarm-Run')[0];
  const tasks = values('Swarm-Undoes');
  const keys = ['Swarm-Run', 'Swarm-Gate'] as const;
  const bad = keys.find((key) => values(key).length !== 1 || !FORMS[key].test(values(key)[0]!));
  if (bad || run === undefined)
    return { kind: 'wrong', why: `an undo whose ${bad ?? 'Swarm-Run'} is missing or wrong`, run };
  if (!tasks.every((task) => FORMS['Swarm-Task'].test(task)))
    return { kind: 'wrong', why: `its Swarm-Undoes is ${tasks.join(' and ')}`, run };
  const [, gate = '', tree = ''] = FORMS['Swarm-Gate'].exec(values('Swarm-Gate')[0]!) ?? [];
  return { kind: 'undo', mark: { run, tasks, gate, tree } };
}

function landingOf(values: Values): Marking {
  const keys = Object.keys(FORMS) as Key[];
  if (keys.every((key) => values(key).length === 0)) return { kind: 'none' };
  const run = values('Swarm-Run')[0];
  const isAbsent = (key: Key): boolean => values(key).length === 0;
  const isSeal = isAbsent('Swarm-Task') && isAbsent('Swarm-Attempt');
  const mayLack: readonly Key[] = isSeal ? ['Swarm-Task', 'Swarm-Attempt'] : ['Swarm-Gate'];
  const isBad = (key: Key): boolean => values(key).length !== 1 || !FORMS[key].test(values(key)[0]!);
  const bad = keys.find((key) => isBad(key) && !(isAbsent(key) && mayLack.includes(key)));
  if (bad) {
    const why = isAbsent(bad) ? `it has no ${bad}` : `its ${bad} is ${values(bad).join(' and ')}`;
    return { kind: 'wrong', why, run };
  }
  if (run === undefined) return { kind: 'wrong', why: 'it has no Swarm-Run', run };
  const [, gate = '', tree = ''] = FORMS['Swarm-Gate'].exec(values('Swarm-Gate')[0] ?? '') ?? [];
  if (isSeal) return { kind: 'seal', run, tested: { gate, tree } };
  const [task, attempt] = [values('Swarm-Task')[0]!, values('Swarm-Attempt')[0]!];
  if (!attempt.startsWith(`${task}.`))
    return { kind: 'wrong', why: `attempt ${attempt} is not of ${task}`, run };
  return { kind: 'mark', mark: { run, task, attempt, ...(gate && { tested: { gate, tree } }) } };
}
