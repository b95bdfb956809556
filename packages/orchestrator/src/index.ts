export type { Approve, Verdict } from './approval.ts';
export type { Halt } from './inputs.ts';
export type { UndoOutcome } from './landing/undo.ts';
export { type Brief, type BriefPiece, briefOnce } from './planning/brief-once.ts';
export { type PlannedOnce, planOnce } from './planning/plan-once.ts';
export { createOrchestrator, type Orchestrator, takingUp } from './run.ts';
export type { AgainCommand, BranchDraft, OrchestratorPorts, RunOutcome, Settings } from './settings.ts';
export { undoInRun } from './undo-run.ts';
export { createLocalHost, type LocalHostParts } from './working/bench-local.ts';
