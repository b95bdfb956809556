/** What leads out of a sandbox: sockets of the host, answered on loopback inside by the bridge program. */
import type { Mount } from '@swarm/core/ports/running';
import type { WholeOptions } from '../policy.ts';

const NODE = '/run/swarm/node';
const GATEWAY = '/run/swarm/gateway.sock';
const EGRESS = '/run/swarm/egress.sock';

/** Host paths of the sockets this command has. */
export interface Outlets {
  readonly gateway?: string | undefined;
  readonly egress?: string | undefined;
}

/** `.mts` and `.mjs`: alone in its folder, the file has no package.json to say that it is a module. */
const place = (file: string): string => `/run/swarm/bridge.${file.endsWith('.ts') ? 'mts' : 'mjs'}`;

const hasNone = ({ gateway, egress }: Outlets): boolean => gateway === undefined && egress === undefined;

export function bridgeMounts(outlets: Outlets, { nodePath, bridgeFile }: WholeOptions): Mount[] {
  if (hasNone(outlets)) return [];
  const { gateway, egress } = outlets;
  return [
    { host: nodePath, inside: NODE },
    { host: bridgeFile, inside: place(bridgeFile) },
    ...(gateway === undefined ? [] : [{ host: gateway, inside: GATEWAY }]),
    ...(egress === undefined ? [] : [{ host: egress, inside: EGRESS }]),
  ];
}

/** Stands before the command. */
export function bridgeCommand(outlets: Outlets, { bridgeFile }: WholeOptions): string[] {
  if (hasNone(outlets)) return [];
  return [
    ...[NODE, place(bridgeFile)],
    ...(outlets.gateway === undefined ? [] : [GATEWAY]),
    ...(outlets.egress === undefined ? [] : [`--out=${EGRESS}`]),
    '--',
  ];
}
