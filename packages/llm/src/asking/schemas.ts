/** What tools are described with: JSON Schema, as far as servers know it. */
import type { Body } from '../dialects/kinds.ts';
import type { Lesson } from './lesson.ts';

/** Words that only set a bound: servers that make a grammar of a schema break on them. */
const BOUNDS = [
  'maxLength minLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
  'minItems maxItems uniqueItems minProperties maxProperties',
].flatMap((names) => names.split(' '));

/** Words that a schema can do without. The tool checks what it is given again when it runs. */
export const SCHEMA_WORDS: ReadonlySet<string> = new Set([
  ...BOUNDS,
  ...'format additionalProperties $schema default examples title const'.split(' '),
]);

/** As it goes out: the bounds stay with the tool, which checks them itself. */
export const withoutBounds = (parameters: Body): Body =>
  BOUNDS.reduce<unknown>((schema, word) => withoutKeyword(schema, word), parameters) as Body;

/** `properties` names arguments, not words of the schema: one called `format` stays. */
function withoutKeyword(schema: unknown, word: string, isNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutKeyword(item, word));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key]) => isNames || key !== word);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, withoutKeyword(value, word, !isNames && NAMING.has(key))]),
  );
}

const NAMING = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

const parametersOf = (tools: unknown): unknown[] =>
  Array.isArray(tools)
    ? tools.map((tool: { function?: { parameters?: unknown } } | null) => tool?.function?.parameters)
    : [];

export const hasKeyword = (tools: unknown, word: string): boolean =>
  parametersOf(tools).some(
    (schema) => JSON.stringify(schema) !== JSON.stringify(withoutKeyword(schema, word)),
  );

export const dropKeyword = (word: string): Lesson => ({
  key: `schemas without ${word}`,
  told: `tools are described without ${word}`,
  change: (body) => {
    if (!Array.isArray(body.tools)) return body;
    const tools = body.tools.map((tool: { function?: { parameters?: unknown } }) =>
      tool?.function === undefined
        ? tool
        : {
            ...tool,
            function: { ...tool.function, parameters: withoutKeyword(tool.function.parameters, word) },
          },
    );
    return { ...body, tools };
  },
});
