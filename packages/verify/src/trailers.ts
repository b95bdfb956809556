/** What a commit of ours says of itself, in the trailers of its last paragraph. */

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

export type Marking =
  /** Not one of ours: no `Swarm-` trailer in the last paragraph. */
  | { readonly kind: 'none' }
  | { readonly kind: 'mark'; readonly mark: Mark }
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
  const values = (key: Key): string[] =>
    lines.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2).trim());
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
  const [, gate = '', tree = ''] = FORMS['Swarm-Gate'].exec(values('Swarm-Gate')[0] ?? '') ?? [];
  if (isSeal) return { kind: 'seal', run: run!, tested: { gate, tree } };
  const [task, attempt] = [values('Swarm-Task')[0]!, values('Swarm-Attempt')[0]!];
  if (!attempt.startsWith(`${task}.`))
    return { kind: 'wrong', why: `attempt ${attempt} is not of ${task}`, run };
  return { kind: 'mark', mark: { run: run!, task, attempt, ...(gate && { tested: { gate, tree } }) } };
}
