/** How each agent tells what it does: one reader a stream. All of it is an agent's word: any field may be of any type. */
import type { ReadStream, Said } from './preset.ts';

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: unknown): Loose => (isObject(value) ? value : {});
const objects = (value: unknown): readonly Loose[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const json = (value: unknown): string => (value === undefined ? '' : (JSON.stringify(value) ?? ''));

const said = (words: unknown): readonly Said[] =>
  text(words) === '' ? [] : [{ kind: 'text', text: text(words) }];
const failed = (why: unknown): readonly Said[] => [
  { kind: 'failed', why: text(why) || 'it does not say why' },
];
const ENDED: readonly Said[] = [{ kind: 'ended' }];

/** A text, or blocks of text. */
const blocksText = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : objects(content)
        .map((block) => text(block.text))
        .join('\n');

/** Claude Code, and Qwen Code after it. */
export const readClaude: ReadStream = (line) => {
  const content = objects(object(line.message).content);
  switch (line.type) {
    case 'assistant':
      return content.flatMap((block) =>
        block.type === 'tool_use'
          ? [{ kind: 'called', id: text(block.id), tool: text(block.name), detail: json(block.input) }]
          : said(block.text),
      );
    case 'user':
      return content
        .filter((block) => block.type === 'tool_result')
        .map((block) => ({
          kind: 'result',
          id: text(block.tool_use_id),
          isOk: block.is_error !== true,
          output: blocksText(block.content),
        }));
    case 'result':
      return line.is_error === true
        ? failed(text(line.result) || object(line.error).message || line.subtype)
        : ENDED;
    default:
      return [];
  }
};

export const readCodex: ReadStream = (line) => {
  const item = object(line.item);
  const id = text(item.id);
  switch (line.type) {
    case 'item.started':
      return item.type === 'command_execution'
        ? [{ kind: 'called', id, tool: 'shell', detail: text(item.command) }]
        : [];
    case 'item.completed':
      return codexItem(item, id);
    case 'turn.completed':
      return ENDED;
    case 'turn.failed':
      return failed(object(line.error).message);
    default:
      return [];
  }
};

function codexItem(item: Loose, id: string): readonly Said[] {
  const isOk = item.status === 'completed';
  switch (item.type) {
    case 'agent_message':
      return said(item.text);
    case 'command_execution':
      return [{ kind: 'result', id, tool: 'shell', isOk, output: text(item.aggregated_output) }];
    case 'file_change':
      return [{ kind: 'result', id, tool: 'edit', isOk, output: json(item.changes) }];
    default:
      return [];
  }
}

export const readGemini: ReadStream = (line) => {
  const id = text(line.tool_id);
  switch (line.type) {
    case 'message':
      return line.role === 'assistant' ? said(line.content) : [];
    case 'tool_use':
      return [{ kind: 'called', id, tool: text(line.tool_name), detail: json(line.parameters) }];
    case 'tool_result':
      return [{ kind: 'result', id, isOk: line.status === 'success', output: text(line.output) }];
    case 'result':
      return line.status === 'success' ? ENDED : failed(object(line.error).message);
    default:
      return [];
  }
};

export const readOpencode: ReadStream = (line) => {
  const part = object(line.part);
  const state = object(part.state);
  switch (line.type) {
    case 'text':
      return said(part.text);
    case 'tool_use':
      return [
        {
          kind: 'result',
          id: text(part.callID),
          tool: text(part.tool),
          isOk: state.status === 'completed' && (object(state.metadata).exit ?? 0) === 0,
          output: text(state.output) || text(state.error),
        },
      ];
    case 'step_finish':
      return part.reason === 'stop' ? ENDED : [];
    case 'error': {
      const error = object(line.error);
      return failed(text(object(error.data).message) || error.name);
    }
    default:
      return [];
  }
};

export const readCopilot: ReadStream = (line) => {
  const data = object(line.data);
  const id = text(data.toolCallId);
  switch (line.type) {
    case 'assistant.message':
      return said(data.content);
    case 'tool.execution_start':
      return [{ kind: 'called', id, tool: text(data.toolName), detail: json(data.arguments) }];
    case 'tool.execution_complete': {
      const isOk = data.success === true && (object(data.shellExecution).exitCode ?? 0) === 0;
      return [{ kind: 'result', id, isOk, output: text(object(data.result).content) }];
    }
    case 'session.error':
      return failed(data.message);
    case 'result':
      // Why it failed was told before it.
      return line.exitCode === 0 ? ENDED : [];
    default:
      return [];
  }
};

export const readPi: ReadStream = (line) => {
  const id = text(line.toolCallId);
  switch (line.type) {
    case 'message_end': {
      const { role, content, stopReason, errorMessage } = object(line.message);
      if (role !== 'assistant') return [];
      const words = objects(content).flatMap((block) => (block.type === 'text' ? said(block.text) : []));
      if (stopReason === 'stop') return [...words, ...ENDED];
      return stopReason === 'error' || stopReason === 'aborted' ? failed(errorMessage) : words;
    }
    case 'tool_execution_start':
      return [{ kind: 'called', id, tool: text(line.toolName), detail: json(line.args) }];
    case 'tool_execution_end':
      return [
        {
          kind: 'result',
          id,
          isOk: line.isError !== true,
          output: blocksText(object(line.result).content),
        },
      ];
    default:
      return [];
  }
};
