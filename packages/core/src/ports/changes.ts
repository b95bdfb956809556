/** Changes as text, for whoever judges one. */
import type { CommitId } from '../model/ids.ts';

/** Reads what one commit changes against another, from objects. What it says is hostile, and bounded here. */
export interface ChangeReader {
  /** @param from undefined: the first parent of `to`. */
  diff(from: CommitId | undefined, to: CommitId, maxChars: number): Promise<ChangeText>;
}

export interface ChangeText {
  /** As git prints it, with its hunks; the end is left out where there is more than was asked for. */
  readonly text: string;
  /** It is not all of it. */
  readonly isCut: boolean;
}
