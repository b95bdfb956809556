/**
 * Names of OpenTelemetry's semantic conventions for generative AI, of this version. They are still in development and
 * what registries offer as constants is older, so they stand here.
 */
export const GENAI_VERSION = '0.1.0';

/** Attributes of spans and of metrics. */
export const GENAI = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  conversation: 'gen_ai.conversation.id',
  agentName: 'gen_ai.agent.name',
  promptName: 'gen_ai.prompt.name',
  promptVersion: 'gen_ai.prompt.version',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  toolName: 'gen_ai.tool.name',
  toolArguments: 'gen_ai.tool.call.arguments',
  outputMessages: 'gen_ai.output.messages',
  tokenModality: 'gen_ai.token.modality',
  /** Of the general conventions. */
  errorType: 'error.type',
} as const;

/** Values of `gen_ai.operation.name`. */
export const OPERATIONS = {
  chat: 'chat',
  plan: 'plan',
  agent: 'invoke_agent',
  workflow: 'invoke_workflow',
  tool: 'execute_tool',
} as const;

/** Metrics, by the conventions' own names. */
export const GENAI_METRICS = {
  inferenceDuration: 'gen_ai.client.inference.duration',
  inputTokens: 'gen_ai.client.inference.usage.input_tokens',
  outputTokens: 'gen_ai.client.inference.usage.output_tokens',
  agentDuration: 'gen_ai.invoke_agent.duration',
  agentCalls: 'gen_ai.invoke_agent.inference_calls',
  agentTools: 'gen_ai.invoke_agent.tool_calls',
} as const;

/** What an operator sets where prompts, answers and what tools are given may be recorded. */
export const CONTENT_VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
