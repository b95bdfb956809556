/**
 * What goes into a run's reference is looked through as work is: for the operator's secrets by their value, and for what
 * has the form of one. It is on this disk already; here is where it would leave it.
 */
import type { AddedText, SecretFinder, SecretRules } from '@swarm/core/ports/git';

export interface CarriedLooksAsk {
  readonly secrets: SecretFinder;
  /** Absent: the operator turned them off. */
  readonly rules: SecretRules | undefined;
  readonly isAtBase: (value: string) => Promise<boolean>;
  /** The reference: what may hold anything is named below it, `refs/swarm/**`. */
  readonly ref: string;
}

/** What was found, and where; never the value. */
export class HeldBack extends Error {}

/** @throws HeldBack where something was found; anything else where nobody could look. */
export async function lookThrough(
  { secrets, rules, isAtBase, ref }: CarriedLooksAsk,
  path: string,
  bytes: Buffer,
): Promise<void> {
  const known = secrets.begin()(bytes);
  if (known !== undefined) throw new HeldBack(`the value of ${known} stands in ${path}`);
  if (!rules) return;
  const said = await rules.look(formsOf(`${ref}/${path}`, bytes));
  if (said.kind === 'not-looked')
    throw new Error(`${path} could not be looked through for secrets: ${said.why}`);
  for (const { rule, value } of said.hits)
    if (!(await isAtBase(value)))
      throw new HeldBack(`rule ${rule} finds what looks like a secret in ${path}`);
}

/** As it stands, and as the texts within read: a key of many lines is one line of a journal. */
function formsOf(path: string, bytes: Buffer): readonly AddedText[] {
  const text = bytes.toString('latin1');
  const read = text.replace(/\\(?:u00([0-9a-f]{2})|(.))/gi, (_, hex: string | undefined, one: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[one] ?? one),
  );
  return [{ path, bytes }, ...(read === text ? [] : [{ path, bytes: Buffer.from(read, 'latin1') }])];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
