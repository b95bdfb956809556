/** The values the target had, by the journal alone, read by code of its own. */
import type { Event } from '@swarm/core/events';
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { LandingMember } from '@swarm/core/model/landing';

interface Tested {
  readonly members: readonly LandingMember[];
  readonly commit: CommitId;
}

export class TargetLine {
  /** After the base, oldest first; a batch is one step for each of its tasks, and one for itself. */
  readonly steps: CommitId[] = [];
  /** Where the last look found a landing of ours that was not recorded, when nothing has moved since. */
  foundAt: CommitId | undefined;
  readonly #tested: Tested[] = [];

  /** @param isRecorded whether the landing of a task is in the journal, this event with it. */
  take(e: Event, isRecorded: (task: TaskId) => boolean): void {
    switch (e.type) {
      case 'landing.started':
        this.#tested.push({ members: e.members, commit: e.candidate.commit });
        break;
      case 'landing.landed':
        for (const { commit } of e.members) this.#step(commit);
        this.#step(e.candidate.commit);
        break;
      case 'landing.found':
        this.#find(e.commit, isRecorded);
        break;
      case 'landing.undone':
        this.#step(e.commit);
        break;
      case 'target.moved':
        this.#step(e.to);
        break;
      default:
    }
  }

  /** A batch is there once each of its tasks was found. */
  #find(commit: CommitId, isRecorded: (task: TaskId) => boolean): void {
    const tested = this.#tested.findLast(({ members }) => members.some((m) => m.commit === commit));
    const isWhole = tested?.members.every(({ task }) => isRecorded(task)) ?? true;
    const head = tested ? tested.commit : commit;
    this.#step(commit);
    if (!isWhole) return;
    this.#step(head);
    this.foundAt = head;
  }

  #step(commit: CommitId): void {
    this.foundAt = undefined;
    if (this.steps.at(-1) !== commit) this.steps.push(commit);
  }
}
