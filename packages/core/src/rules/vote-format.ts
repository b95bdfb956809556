/**
 * A vote as a reviewer writes it: one JSON object somewhere in a text. The text may be hostile, or quote what is: bounded
 * before it is parsed, and two votes that differ are none.
 */
import { FINDING_TEXT_MAX, FINDINGS_MAX, VOTES, type Vote, type VoteKind } from '../model/review.ts';

export type SaidVote = Omit<Vote, 'reviewer'>;
export type ReadVote = SaidVote | { readonly problem: string };

/** Characters that are looked through, from the end: what is said last counts. */
const TEXT_MAX = 64_000;
/** Objects that are tried. */
const OBJECTS_MAX = 400;

/** @param seal what a vote has to repeat, where others than the reviewer may have written it. Others' votes are none. */
export function readVote(text: string, seal?: string): ReadVote {
  const votes = objectsIn(text.slice(-TEXT_MAX)).filter((one) => 'vote' in one);
  const found = seal === undefined ? votes : votes.filter((one) => one.seal === seal);
  const last = found.at(-1);
  if (!last && votes.length > 0) return { problem: 'it does not repeat the `seal` it was given' };
  if (!last) return { problem: 'there is no JSON object with a `vote` in it' };
  const different = new Set(found.map(({ vote, confidence }) => JSON.stringify([vote, confidence])));
  if (different.size > 1) return { problem: 'there are several votes in it, and they differ' };
  return voteOf(last);
}

type Loose = Readonly<Record<string, unknown>>;

function voteOf({ vote: said, confidence: sure, findings = [] }: Loose): ReadVote {
  const vote = kindOf(said);
  if (!vote) return { problem: `\`vote\` is one of ${VOTES.join(', ')}` };
  const confidence = vote === 'abstain' ? 0 : confidenceOf(sure);
  if (confidence === undefined) return { problem: '`confidence` is a number from 0 to 1' };
  if (!Array.isArray(findings)) return { problem: '`findings` is a list of texts' };
  return { vote, confidence, findings: findings.slice(0, FINDINGS_MAX).flatMap(findingOf) };
}

function kindOf(said: unknown): VoteKind | undefined {
  const word = typeof said === 'string' ? said.trim().toLowerCase() : '';
  return VOTES.find((kind) => kind === word);
}

function confidenceOf(said: unknown): number | undefined {
  const number = typeof said === 'string' && said.trim() !== '' ? Number(said) : said;
  return typeof number === 'number' && number >= 0 && number <= 1 ? number : undefined;
}

/** Some write one as an object of path, line and text. */
function findingOf(said: unknown): readonly string[] {
  const text =
    typeof said === 'string'
      ? said
      : typeof said === 'object' && said !== null
        ? Object.values(said)
            .filter((part) => typeof part === 'string' || typeof part === 'number')
            .join(' ')
        : '';
  const kept = text.trim().slice(0, FINDING_TEXT_MAX).toWellFormed();
  return kept === '' ? [] : [kept];
}

/** Every object that stands in the text and in no other, in order. */
function objectsIn(text: string): readonly Loose[] {
  const found: Loose[] = [];
  for (let from = text.indexOf('{'), n = 0; from !== -1 && n < OBJECTS_MAX; n++) {
    const end = endOf(text, from);
    const value = end === undefined ? undefined : parsed(text.slice(from, end));
    if (value) found.push(value);
    from = text.indexOf('{', value ? end : from + 1);
  }
  return found;
}

/** Behind the brace that closes the one at `from`; braces in strings do not count. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = from; at < text.length; at++) {
    const c = text[at];
    if (isString) {
      if (c === '\\') at += 1;
      else if (c === '"') isString = false;
    } else if (c === '"') isString = true;
    else if (c === '{') depth += 1;
    else if (c === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

function parsed(json: string): Loose | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Loose) : undefined;
  } catch {
    return undefined;
  }
}
