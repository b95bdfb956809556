export { createEnvironmentStore } from './environment-store.ts';
export { findOnPath } from './find-on-path.ts';
export { BRIDGE_SOURCE, type SandboxOptions } from './policy.ts';
export { type Probe, probeBubblewrap } from './probe.ts';
export { type Tried, tryAttacks } from './probes/try.ts';
export { removeTree } from './remove-tree.ts';
export { createSandbox } from './sandbox.ts';
export { createTrash, type Kept, type Trash } from './trash.ts';
