/** What a landing's commit says of itself, in the trailers of its last paragraph. */

export interface Mark {
  readonly run: string;
  readonly task: string;
  readonly attempt: string;
  readonly gate: string;
  readonly tree: string;
}

export type Marking =
  /** Not one of ours: no `Swarm-` trailer in the last paragraph. */
  | { readonly kind: 'none' }
  | { readonly kind: 'mark'; readonly mark: Mark }
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
  const bad = keys.find((key) => values(key).length !== 1 || !FORMS[key].test(values(key)[0]!));
  if (bad) {
    const why = values(bad).length === 0 ? `it has no ${bad}` : `its ${bad} is ${values(bad).join(' and ')}`;
    return { kind: 'wrong', why, run };
  }
  const [task, attempt] = [values('Swarm-Task')[0]!, values('Swarm-Attempt')[0]!];
  if (!attempt.startsWith(`${task}.`))
    return { kind: 'wrong', why: `attempt ${attempt} is not of ${task}`, run };
  const [, gate = '', tree = ''] = FORMS['Swarm-Gate'].exec(values('Swarm-Gate')[0]!) ?? [];
  return { kind: 'mark', mark: { run: run!, task, attempt, gate, tree } };
}
