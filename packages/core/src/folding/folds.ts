import type { Event, EventOf, EventType } from '../events.ts';
import type { State } from '../state.ts';

/** How each event of one life changes the state, in place. `at` is the entry's time. */
export type FoldsOf<E extends Event> = {
  readonly [T in E['type']]: (state: State, event: EventOf<T & EventType>, at: number) => void;
};
