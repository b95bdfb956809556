/** Hosts that come and go, and who has their slots. */
import type { HostEvent } from '../host-events.ts';
import type { HostSlot } from '../model/host.ts';
import type { AttemptId } from '../model/ids.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';

export const HOST_FOLDS: FoldsOf<HostEvent> = {
  'host.joined'(s, { host, slots, capabilities, version }) {
    const taken = s.hosts.get(host)?.taken ?? new Map();
    s.hosts.set(host, { host, slots, capabilities, version, taken });
  },
  // Its attempts end in the same entry.
  'host.left'(s, { host }) {
    s.hosts.delete(host);
  },
  'host.lapsed'(s, { host }) {
    s.hosts.delete(host);
  },
};

export function takeSlot(s: State, { host, slot }: HostSlot, attempt: AttemptId): void {
  s.hosts.get(host)?.taken.set(slot, attempt);
}

/** A host that went and came again has given the slot to nobody, or to somebody else. */
export function freeSlot(s: State, { host, slot }: HostSlot, attempt: AttemptId): void {
  const taken = s.hosts.get(host)?.taken;
  if (taken?.get(slot) === attempt) taken.delete(slot);
}
