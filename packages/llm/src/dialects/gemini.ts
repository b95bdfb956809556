/** Google's generateContent. Its bound, and much else, lies one level down, in `generationConfig`. */
import { withExtra } from '../profiles.ts';
import { UNSEEN } from './chat.ts';
import type { AnswerForm, Dialect } from './dialect.ts';
import { createGeminiReader } from './gemini-reader.ts';
import {
  alsoLeftOut,
  type Body,
  CHOICES,
  type Fields,
  INTEGER,
  isObject,
  NUMBER,
  OBJECT,
  OBJECTS,
  objectsIn,
  type ReadFields,
  readFields,
  TEXT,
  TEXTS,
  WHOLE,
  without,
} from './kinds.ts';

const FIELDS: Fields = {
  model: TEXT,
  contents: OBJECTS,
  systemInstruction: OBJECT,
  generationConfig: OBJECT,
  tools: OBJECTS,
  toolConfig: OBJECT,
  safetySettings: OBJECTS,
};
const CONFIG_FIELDS: Fields = {
  maxOutputTokens: WHOLE,
  candidateCount: CHOICES,
  temperature: NUMBER,
  topP: NUMBER,
  topK: NUMBER,
  seed: INTEGER,
  stopSequences: TEXTS,
  presencePenalty: NUMBER,
  frequencyPenalty: NUMBER,
  responseMimeType: TEXT,
  responseSchema: OBJECT,
  responseJsonSchema: OBJECT,
  thinkingConfig: OBJECT,
};

const METHODS: Readonly<Record<AnswerForm, string>> = {
  whole: 'generateContent',
  list: 'streamGenerateContent',
  events: 'streamGenerateContent?alt=sse',
};

export const gemini: Dialect = {
  name: 'gemini',
  path: (model, form) => `models/${model.split('/').map(encodeURIComponent).join('/')}:${METHODS[form]}`,
  list: 'models?pageSize=1000',
  keyHeaders: (key) => ({ 'x-goog-api-key': key }),
  headers: {},

  read(body) {
    const camel = inCamel(body);
    if (camel.cachedContent !== undefined && camel.cachedContent !== null)
      return { kind: 'refused', why: 'cachedContent is not taken: send the whole conversation as contents' };
    const read = readFields(camel, FIELDS);
    return read.kind === 'refused' ? read : withConfig(read);
  },
  bounds({ generationConfig, contents }) {
    const { maxOutputTokens, candidateCount } = configOf(generationConfig);
    return {
      output: typeof maxOutputTokens === 'number' ? maxOutputTokens : undefined,
      choices: typeof candidateCount === 'number' ? candidateCount : 1,
      messages: objectsIn(contents).length,
    };
  },
  unbounded: (fields) => ({
    ...fields,
    generationConfig: without(configOf(fields.generationConfig), 'maxOutputTokens'),
  }),
  prompt: (fields) => without(fields, 'model'),

  profiled(fields, { temperature, extraBody }) {
    const config = {
      ...(temperature !== undefined && { temperature }),
      ...configOf(fields.generationConfig),
    };
    return withExtra({ ...fields, generationConfig: config }, extraBody);
  },
  /** The model and the form stand in the path. */
  outgoing: (fields, { bound }) => ({
    ...without(fields, 'model'),
    generationConfig: {
      ...configOf(fields.generationConfig),
      ...(bound !== undefined && { maxOutputTokens: bound }),
    },
  }),
  forEndpoint: (body) => body,
  /** Small calls alone, that look whether an endpoint lives: roles of ours do not speak it. */
  ask: ({ messages }) => ({
    contents: messages.map(({ role, content }) => ({
      role: role === 'assistant' ? 'model' : 'user',
      parts: [{ text: content.toWellFormed() }],
    })),
  }),

  reader: createGeminiReader,
  problem: (status, code, message) => ({
    error: {
      code: status,
      message,
      status: STATUSES[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL'),
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'swarm' }],
    },
  }),
};

const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

const configOf = (value: unknown): Body => (isObject(value) ? value : {});

/** Its servers take either spelling: one field under two names would be counted under one of them. */
function inCamel(body: Body): Body {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function withConfig(read: Extract<ReadFields, { kind: 'read' }>): ReadFields {
  const { fields } = read;
  const contents = objectsIn(fields.contents);
  if (contents.length === 0) return { kind: 'refused', why: 'contents must be a list of objects' };
  if (![...contents, configOf(fields.systemInstruction)].every(isSeen))
    return { kind: 'refused', why: UNSEEN };
  const config = readFields(inCamel(configOf(fields.generationConfig)), CONFIG_FIELDS);
  if (config.kind === 'refused') return { kind: 'refused', why: `generationConfig: ${config.why}` };
  const { tools, leftOut } = ownTools(objectsIn(fields.tools));
  const rest = without(fields, 'tools', ...(tools.length === 0 ? ['toolConfig'] : []));
  const kept = { ...rest, ...(tools.length > 0 && { tools }), generationConfig: config.fields };
  return alsoLeftOut(read, kept, [...leftOut, ...config.leftOut.map((name) => `generationConfig: ${name}`)]);
}

/** Functions are the client's; any other tool runs at the provider, reaches the network and costs extra. */
function ownTools(tools: readonly Body[]): { readonly tools: readonly Body[]; readonly leftOut: string[] } {
  const own: Body[] = [];
  const leftOut: string[] = [];
  for (const tool of tools.map(inCamel)) {
    if (tool.functionDeclarations !== undefined)
      own.push({ functionDeclarations: tool.functionDeclarations });
    leftOut.push(
      ...Object.keys(tool)
        .filter((name) => name !== 'functionDeclarations')
        .map((name) => `tools: ${name.slice(0, 50)}`),
    );
  }
  return { tools: own, leftOut };
}

/** A part that refers to a file at an address is larger than it looks. */
const isSeen = ({ parts }: Body): boolean =>
  objectsIn(Array.isArray(parts) ? parts : [parts]).every((part) => {
    const { fileData, functionResponse } = inCamel(part);
    return fileData === undefined && (!isObject(functionResponse) || isSeen(functionResponse));
  });
