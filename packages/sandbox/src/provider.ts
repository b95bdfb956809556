/** What a kind of sandbox has to know; everything that is alike in all of them is the room's (room.ts). */
import type { Writable } from 'node:stream';
import type { Mount, RoomAsk, RoomCommand, SandboxResult } from '@swarm/core/ports/running';

/** Where commands that know the gateway's socket see its folder; they must be allowed to connect. */
export const GATEWAY_PLACE = '/swarm/gateway';

/** One command with the room it runs in, as a provider starts it. */
export interface SandboxSpec extends Omit<RoomCommand, 'gateway'>, RoomAsk {
  /** Present: the command has a stdin, and this is called with its other end once it is started. */
  readonly onStdin?: (stdin: Writable) => void;
}

export interface Provider {
  readonly name: string;
  /** Where commands see a workspace that lies at this host path. */
  insideOf(workspace: string): string;
  /** Where commands see this mount. */
  shownAt(mount: Mount): string;
  /** Everything of the host that commands in this room see. */
  mounts(ask: RoomAsk, network: RoomCommand['network']): Promise<readonly Mount[]>;
  /** Whether commands find something at a path that no mount shows. Absent: they find nothing there. */
  has?(ask: RoomAsk, path: string): Promise<boolean>;
  run(spec: SandboxSpec): Promise<SandboxResult>;
  /** Ends what an earlier orchestrator left where no look at this machine's processes finds it. Returns how many. */
  reap?(): Promise<number>;
}

/** Host folders that a command fills: what it uses of the disk is measured in them. */
export const written = ({ workspace, readWrite, home }: RoomAsk): string[] => [
  workspace,
  ...readWrite.map(({ host }) => host),
  ...(home === undefined ? [] : [home]),
];
