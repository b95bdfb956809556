/** Who is at a message server, for whoever only looks: nothing is said, and nobody is told to work. */
import { HOSTS_MAX, LEASE_MS } from '@swarm/core/model/host';
import type { Clock } from '@swarm/core/ports/world';
import { BEAT, type Beat } from './shapes.ts';
import { hostOfSubject, isUnreadable, readEnvelope, SUBJECTS, type Wire } from './wire.ts';

export interface HostsWatch {
  /** How many hosts there are now, by what they do. */
  counts(): Readonly<Record<'free' | 'working' | 'leaving', number>>;
  close(): void;
}

interface Known {
  readonly beat: Pick<Beat, 'session' | 'run' | 'leaving'>;
  readonly heardAt: number;
}

/** Hosts that were not heard of for a lease are forgotten; of more than a run may have, those that came first are known. */
export function watchHosts(wire: Wire, clock: Pick<Clock, 'monotonic'>): HostsWatch {
  const hosts = new Map<string, Known>();
  const forget = (): void => {
    for (const [host, { heardAt }] of hosts) if (clock.monotonic() - heardAt > LEASE_MS) hosts.delete(host);
  };
  const end = wire.subscribe(SUBJECTS.fromAll, (subject, bytes) => {
    const host = hostOfSubject(subject);
    const envelope = readEnvelope(bytes);
    if (host === undefined || isUnreadable(envelope) || envelope.source !== host) return;
    if (envelope.type === 'bye') {
      if (hosts.get(host)?.beat.session === envelope.payload.session) hosts.delete(host);
      return;
    }
    const beat = envelope.type === 'beat' ? BEAT.safeParse(envelope.payload) : undefined;
    if (!beat?.success) return;
    if (!hosts.has(host) && hosts.size >= HOSTS_MAX) forget();
    if (!hosts.has(host) && hosts.size >= HOSTS_MAX) return;
    const { session, run, leaving } = beat.data;
    hosts.set(host, {
      beat: { session, run, ...(leaving !== undefined && { leaving }) },
      heardAt: clock.monotonic(),
    });
  });
  return {
    counts() {
      forget();
      const counts = { free: 0, working: 0, leaving: 0 };
      for (const { beat } of hosts.values()) counts[doing(beat)] += 1;
      return counts;
    },
    close: end,
  };
}

const doing = ({ leaving, run }: Known['beat']): 'free' | 'working' | 'leaving' => {
  if (leaving !== undefined) return 'leaving';
  return run === '' ? 'free' : 'working';
};
