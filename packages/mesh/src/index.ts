export type { GatewayOfHome, PassOfHome } from './gateway-home.ts';
export { GatewayOnHost } from './gateway-host.ts';
export { type Home, type HomeParts, openHome } from './home.ts';
export { type MemoryWireParts, MemoryWires } from './memory-wire.ts';
export type { HostedFacts } from './remote-bench.ts';
export type { CommitStore, HomeOfRoom, RunRoom, WorkMade } from './room.ts';
export type { WorkerLine } from './roster.ts';
export { PROTOCOL, SUBJECTS, type Wire } from './wire.ts';
export { WorkerHost, type WorkerHostParts, type WorkerTold } from './worker-host.ts';
