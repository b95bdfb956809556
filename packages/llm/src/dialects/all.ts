/** Every dialect by its name. */
import type { DialectName } from '@swarm/core/model/dialect';
import { type EndpointConfig, keyNow, speaks } from '../endpoints.ts';
import { chat } from './chat.ts';
import type { Dialect } from './dialect.ts';
import { gemini } from './gemini.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { chat, responses, messages, gemini };

export const dialectOf = (endpoint: Pick<EndpointConfig, 'dialect'>): Dialect => DIALECTS[speaks(endpoint)];

/** Shows the endpoint that we may ask. */
export const keyHeader = (endpoint: EndpointConfig): Readonly<Record<string, string>> => {
  const { headers, keyHeaders } = dialectOf(endpoint);
  const key = keyNow(endpoint);
  if (key === undefined) return headers;
  return { ...headers, ...(endpoint.auth === 'bearer' ? bearer(key) : keyHeaders(key)) };
};

const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });
