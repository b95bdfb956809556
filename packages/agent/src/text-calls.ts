/**
 * Calls that a model wrote into its text, because its server has no parser for them. Four forms, by the models that
 * use them; a name that is no tool's is no call.
 */

export interface TextCall {
  readonly name: string;
  readonly argumentsJson: string;
}

const TAGGED = /<tool_call>([\s\S]*?)(?:<\/tool_call>|$)/g;
const FUNCTION = /<function=([\w.-]+)>([\s\S]*?)(?:<\/function>|$)/g;
const PARAMETER = /<parameter=([\w.-]+)>\n?([\s\S]*?)\n?<\/parameter>/g;
const KEY_VALUE = /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g;
const LISTED = /\[TOOL_CALLS\]\s*(\[[\s\S]*\])/;
const FENCED = /^```(?:json|tool_call|tool_code)?\s*\n(\{[\s\S]*?\})\s*\n```\s*$/gm;

/** @param nameFor the tool of ours that a name means; undefined: none. */
export function textCalls(text: string, nameFor: (said: string) => string | undefined): readonly TextCall[] {
  for (const form of [tagged, functions, listed, fenced]) {
    const calls = form(text).flatMap(({ name, argumentsJson }) => {
      const ours = nameFor(name);
      return ours === undefined ? [] : [{ name: ours, argumentsJson }];
    });
    if (calls.length > 0) return calls;
  }
  return [];
}

/** `<tool_call>{"name": …, "arguments": …}</tool_call>`, and the form with keys and values. */
function tagged(text: string): readonly TextCall[] {
  return [...text.matchAll(TAGGED)].flatMap(([, inner = '']) => {
    if (/<function=/.test(inner)) return functions(inner);
    if (inner.includes('<arg_key>')) {
      const values = [...inner.matchAll(KEY_VALUE)].map(([, key = '', value = '']) => [
        key.trim(),
        valueIn(value),
      ]);
      const name = /^\s*([\w.-]+)/.exec(inner)?.[1];
      return name ? [{ name, argumentsJson: JSON.stringify(Object.fromEntries(values)) }] : [];
    }
    return callOf(inner);
  });
}

/** `<function=bash><parameter=command>ls</parameter></function>`. */
function functions(text: string): readonly TextCall[] {
  return [...text.matchAll(FUNCTION)].map(([, name = '', inner = '']) => {
    const values = [...inner.matchAll(PARAMETER)].map(([, key = '', value = '']) => [key, value]);
    return { name, argumentsJson: JSON.stringify(Object.fromEntries(values)) };
  });
}

/** `[TOOL_CALLS][{"name": …, "arguments": …}]`. */
function listed(text: string): readonly TextCall[] {
  const list = parse(LISTED.exec(text)?.[1] ?? '');
  return Array.isArray(list) ? list.flatMap((one) => callIn(one)) : [];
}

/** A fenced object, or an answer that is one object and nothing else. */
function fenced(text: string): readonly TextCall[] {
  const found = [...text.matchAll(FENCED)].flatMap(([, inner = '']) => callOf(inner));
  const whole = text.trim().replace(/^<\|python_tag\|>/, '');
  return found.length > 0 || !whole.startsWith('{') ? found : callOf(whole);
}

const callOf = (json: string): readonly TextCall[] => callIn(parse(json));

function callIn(value: unknown): readonly TextCall[] {
  if (typeof value !== 'object' || value === null) return [];
  const said = value as Readonly<Record<string, unknown>>;
  const name = said.name ?? said.tool ?? said.function;
  const given = said.arguments ?? said.parameters ?? said.args ?? said.input;
  if (typeof name !== 'string' || given === undefined) return [];
  return [{ name, argumentsJson: typeof given === 'string' ? given : JSON.stringify(given) }];
}

/** A number, list or object where it is one, else the text. */
function valueIn(text: string): unknown {
  const value = parse(text.trim());
  return typeof value === 'object' && value !== null ? value : text;
}

/** @returns undefined for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.trim()) as unknown;
  } catch {
    return undefined;
  }
}
