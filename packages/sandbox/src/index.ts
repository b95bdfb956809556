export { createEnvironmentStore } from './environment-store.ts';
export { findOnPath } from './find-on-path.ts';
export { type Mapping, mapSandbox } from './mapped.ts';
export { BRIDGE_SOURCE, type SandboxOptions } from './policy.ts';
export { type Probe, probeBubblewrap } from './probe.ts';
export type { Provider, SandboxSpec } from './provider.ts';
export { PROVIDER_NAMES, PROVIDERS, type ProviderName } from './providers/index.ts';
export { sandboxWith } from './room.ts';
export { createSandbox, type SandboxChoice } from './sandbox.ts';
