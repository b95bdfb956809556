import type { Entry, Event } from '@swarm/core/events';
import type { CommitId } from '@swarm/core/model/ids';
import type { Ledger } from './ledger.ts';
import type { Story } from './story.ts';
import type { World } from './world.ts';

/** What a law sees beside the event. */
export interface Look {
  readonly before: Ledger;
  readonly entry: Entry;
  readonly story: Story;
  readonly base: CommitId;
  readonly world: World;
}

/** Answers with what is broken, in words. */
export type Law = (event: Event, look: Look) => readonly string[];
