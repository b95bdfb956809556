/**
 * Pushes the run's branch after each landing, one push at a time: the newest head is what counts, and the end waits for it.
 * A pull request that begins as a draft is opened with the first.
 */
import type { Entry, EventType } from '@swarm/core/events';
import type { CommitId } from '@swarm/core/model/ids';
import type { PullPlace } from '@swarm/core/ports/forge';
import type { Clock, Log } from '@swarm/core/ports/world';
import { opened, type State } from '@swarm/core/state';
import { plain } from '@swarm/core/views/words';
import { proposePulls } from './pull-delivery.ts';
import { branchOf } from './pull-words.ts';

const MOVES: ReadonlySet<string> = new Set(['landing.landed', 'landing.undone'] satisfies EventType[]);

export class PushFollower {
  readonly #state: State;
  readonly #place: PullPlace | undefined;
  readonly #log: Log;
  #going: Promise<void> | undefined;
  #isOwed = false;
  readonly #clock: Pick<Clock, 'after'>;
  #pushed: CommitId | undefined;
  #isOpened = false;

  constructor(state: State, place: PullPlace | undefined, log: Log, clock: Pick<Clock, 'after'>) {
    this.#state = state;
    this.#place = place;
    this.#log = log;
    this.#clock = clock;
  }

  /** To be called with every entry that is on disk and folded. */
  look({ events }: Entry): void {
    if (this.#place?.isStacked || !events.some(({ type }) => MOVES.has(type))) return;
    this.#isOwed = true;
    this.#going ??= this.#follow().finally(() => {
      this.#going = undefined;
    });
  }

  /** What goes on is over. */
  async rest(): Promise<void> {
    await this.#going;
  }

  async #follow(): Promise<void> {
    while (this.#isOwed && this.#place) {
      this.#isOwed = false;
      const { run, head } = this.#state;
      if (run && head && head !== this.#pushed)
        await this.#push(this.#place, branchOf(run.request.landOn), head);
      if (this.#place.isDraft && !this.#isOpened && this.#pushed !== undefined) await this.#open(this.#place);
    }
  }

  async #push({ branches, remote }: PullPlace, branch: string, head: CommitId): Promise<void> {
    const pushed = await branches.push(branch, head);
    const data = { branch, remote, commit: head };
    if (pushed.kind === 'there') {
      this.#pushed = head;
      this.#log.write('branch.pushed', { msg: `${branch} on ${remote} is at ${head.slice(0, 10)}`, data });
      return;
    }
    const why =
      pushed.kind === 'silent' ? pushed.why : `somebody else moved it to ${pushed.head.slice(0, 10)}`;
    this.#log.write('branch.unpushed', {
      msg: `${branch} is not pushed to ${remote}: ${plain(why, 300)}`,
      data,
    });
  }

  /** What comes of it is in the journal at the end; until then it is only told. */
  async #open(place: PullPlace): Promise<void> {
    const { outcome, url, detail } = await proposePulls(opened(this.#state), place, this.#clock);
    this.#isOpened = outcome === 'done';
    const data = { ...(url !== undefined && { url }) };
    if (outcome === 'done') this.#log.write('pull.opened', { msg: `a draft is open: ${url}`, data });
    else this.#log.write('pull.unopened', { msg: `no draft is open yet: ${plain(detail, 400)}`, data });
  }
}
