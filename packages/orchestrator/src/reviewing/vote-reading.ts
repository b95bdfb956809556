/** Reads the answers of a conversation that is to end in a vote; one that cannot be read is asked for once more. */
import type { TicketResult } from '@swarm/core/ports/models';
import { type ReadVote, readVote, type SaidVote } from '@swarm/core/rules/vote-format';
import type { Reader } from '../planning/looking.ts';

export const VOTE_NOW = 'Call no more tools. Vote now, from what you know, with the JSON object alone.';

export class VoteReading implements Reader {
  #read: ReadVote = { problem: 'it said nothing' };
  #repairs = 1;

  get vote(): SaidVote | undefined {
    return 'problem' in this.#read ? undefined : this.#read;
  }

  get problem(): string | undefined {
    return 'problem' in this.#read ? this.#read.problem : undefined;
  }

  begin(): () => void {
    return () => undefined;
  }

  async beside(): Promise<string> {
    return '';
  }

  async end({ end, text }: TicketResult, isLast: boolean): Promise<string | undefined> {
    this.#read = readVote(text);
    const isAnswer = end.kind === 'stopped' || end.kind === 'length';
    if (!isAnswer || isLast || this.#repairs === 0) return undefined;
    const again = whyAgain(this.#read);
    if (again !== undefined) this.#repairs -= 1;
    return again;
  }
}

/** What is said of an answer that cannot stand as it is; undefined: it can. */
export function whyAgain(read: ReadVote, seal?: string): string | undefined {
  const sealed = seal === undefined ? '' : `, "seal": "${seal}"`;
  if ('problem' in read)
    return `Your vote cannot be read: ${read.problem}. Answer with one JSON object and nothing around it: {"vote": "approve", "confidence": 0.9, "findings": []${sealed}}, where \`vote\` is approve, reject, block or abstain.`;
  const isAgainst = read.vote === 'reject' || read.vote === 'block';
  return isAgainst && read.findings.length === 0
    ? `You ${read.vote} it and say nothing of why: whoever goes on has nothing to put right. Answer once more with the same JSON object and your \`findings\`, or vote otherwise.`
    : undefined;
}
