/** The agent: the loop that runs inside a sandbox, the drivers that start one there, and the prompts. */
export {
  type AgentEvent,
  formatAgentEvent,
  type LoopEnd,
  parseAgentEvent,
} from './agent-events.ts';
export type { AgentEnding, AgentRun } from './agent-run.ts';
export { type ChildJob, JOB_VARIABLE, readChildJob, runChildJob } from './child.ts';
export { type AcpParts, createAcpAgent } from './drivers/acp.ts';
export { type BuiltinParts, createBuiltinAgent } from './drivers/builtin.ts';
export { type CommandParts, createCommandAgent } from './drivers/command.ts';
export { createPresetAgent, type PresetParts } from './drivers/preset.ts';
export {
  isPreset,
  PRESET_NAMES,
  type Preset,
  type PresetName,
  type Processor,
} from './drivers/presets/preset.ts';
export { PRESETS } from './drivers/presets/presets.ts';
export type { DriverParts, GatewayPass, GatewayPort } from './drivers/session.ts';
export type { LoopLimits } from './limits.ts';
export { runAgent } from './loop.ts';
export type { McpParts, McpServer } from './mcp/server.ts';
export {
  createPrompts,
  PROMPT_VARIABLES,
  type PromptsOptions,
  type PromptText,
  USER_BEGINS,
} from './prompts.ts';
export { createToolbox, type Toolbox, toolSpecs } from './tools/index.ts';
export { openTranscript, type Transcript } from './transcript.ts';
