/** Hosts by the journal, read by code of its own. */
import type { Event } from '@swarm/core/events';
import { type AttemptId, taskOf } from '@swarm/core/model/ids';

export interface LedgerHost {
  slots: number;
  capabilities: readonly string[];
}

export class HostLedger {
  readonly hosts = new Map<string, LedgerHost>();
  /** Where each attempt was started that runs on a host. */
  readonly on = new Map<AttemptId, { readonly host: string; readonly slot: number }>();
  /** Attempts that were given up with their hosts. */
  readonly fenced = new Set<AttemptId>();
  /** Of each task, the host its last attempt failed on. */
  readonly failedOn = new Map<string, string>();

  take(e: Event): void {
    if (e.type === 'host.joined') this.hosts.set(e.host, { slots: e.slots, capabilities: e.capabilities });
    if (e.type === 'host.left' || e.type === 'host.lapsed') this.hosts.delete(e.host);
    if (e.type === 'attempt.started') {
      if (e.on) this.on.set(e.attempt, e.on);
      this.failedOn.delete(taskOf(e.attempt));
    }
    if (e.type !== 'attempt.ended') return;
    const on = this.on.get(e.attempt);
    if (!on) return;
    if (e.reason === 'lost') this.fenced.add(e.attempt);
    if (!SAYS_NOTHING.includes(e.reason)) this.failedOn.set(taskOf(e.attempt), on.host);
  }
}

const SAYS_NOTHING: readonly string[] = [
  'handed-in',
  'answered',
  'unneeded',
  'drained',
  'model-down',
  'budget-limit',
  'cancelled',
];
