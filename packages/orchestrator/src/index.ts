export type { Halt } from './inputs.ts';
export { createOrchestrator, type Orchestrator } from './run.ts';
export type { BranchDraft, OrchestratorPorts, RunOutcome, Settings, StopReason } from './settings.ts';
