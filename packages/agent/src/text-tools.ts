/** For a model whose server takes no tools: they are described in its rules, and it writes its calls. */
import type { ModelResult, ToolCall, ToolSpec } from '@swarm/core/ports/models';
import type { AgentPrompt } from '@swarm/core/ports/running';

const HOW = `# Tools

You have these tools, one JSON object a line:

<tools>
{tools}
</tools>

To call one, write this and nothing after it, with the tool's name and its arguments as JSON:

<tool_call>
{"name": "read", "arguments": {"path": "src/a.ts"}}
</tool_call>

What the tool gives is told to you in the next message, in <tool_response>. Never write a <tool_response> yourself.`;

/** The rules with the tools described at their end. */
export function withTools({ system, user }: AgentPrompt, specs: readonly ToolSpec[]): AgentPrompt {
  const tools = HOW.replace('{tools}', () => specs.map((spec) => JSON.stringify(spec)).join('\n'));
  return { system: system === '' ? tools : `${system}\n\n${tools}`, user };
}

/** An answer that called by itself after all, as one that wrote its calls: the conversation keeps to one form. */
export function asWritten(answer: ModelResult, calls: readonly ToolCall[]): ModelResult {
  const written = calls.map(
    ({ name, argumentsJson }) =>
      `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${argumentsJson}}\n</tool_call>`,
  );
  return { ...answer, end: { kind: 'stopped' }, text: [answer.text, ...written].join('\n').trim() };
}
