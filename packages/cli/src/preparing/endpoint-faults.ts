/** What is wrong with an endpoint, in plain words, and what mends it: one table for preflight, doctor and its call. */
import { dirname } from 'node:path';
import type { ErrorCode, Problem } from '@swarm/core/errors';
import type { EndpointFault } from '@swarm/llm';
import { type KeySource, keyFix } from '../running/key-words.ts';
import { shellWord } from '../telling/shell.ts';

export type FaultKind = 'auth' | 'quota' | 'silent' | 'down' | 'no-model' | 'refused' | EndpointFault;

export interface FaultyEndpoint extends KeySource {
  readonly name: string;
  readonly baseUrl?: string | undefined;
  readonly why: string;
}

interface Told {
  readonly code: ErrorCode;
  /** After "the endpoint NAME". */
  readonly what: string;
  readonly fix: (endpoint: FaultyEndpoint) => string;
}

const CONFIG = 'swarm doctor --config   (its endpoints are what was asked; is the network there?)';
const urlFix = (baseUrl: string | undefined, change: (url: string) => string): string =>
  `export OPENAI_BASE_URL=${baseUrl === undefined ? '<url>' : shellWord(change(baseUrl))}   # or base_url of [[endpoints]]`;

const FAULTS: Readonly<Record<FaultKind, Told>> = {
  auth: {
    code: 'SW0403',
    what: 'rejects the key',
    fix: (endpoint) => keyFix(endpoint),
  },
  quota: {
    code: 'SW0603',
    what: 'has no quota left for this key',
    fix: (endpoint) => `${keyFix(endpoint, 'the key of an account with credit')}   # or add credit`,
  },
  silent: { code: 'SW0402', what: 'does not answer in time', fix: () => CONFIG },
  down: { code: 'SW0402', what: 'does not answer', fix: () => CONFIG },
  tls: {
    code: 'SW0402',
    what: 'cannot be reached by TLS',
    fix: ({ baseUrl, why }) =>
      /wrong version|EPROTO|ERR_SSL/i.test(why)
        ? urlFix(baseUrl, (url) => url.replace(/^https:/, 'http:'))
        : 'export NODE_EXTRA_CA_CERTS=<the file of the CA that signed it>',
  },
  'no-version': {
    code: 'SW0405',
    what: 'has its models below /v1: add /v1 to its base_url',
    fix: ({ baseUrl }) => urlFix(baseUrl, (url) => `${url.replace(/\/+$/, '')}/v1`),
  },
  'web-page': {
    code: 'SW0405',
    what: 'is a web page, such as a login, and no API of models',
    fix: ({ baseUrl }) => urlFix(baseUrl, () => 'https://<the API’s own address>/v1'),
  },
  'no-model': { code: 'SW0404', what: 'has no such model', fix: () => 'export SWARM_MODEL=<one it lists>' },
  refused: { code: 'SW0405', what: 'refuses what it is asked', fix: () => CONFIG },
};

export function endpointFault(kind: FaultKind, endpoint: FaultyEndpoint): Problem {
  const { code, what, fix } = FAULTS[kind];
  const { name, why } = endpoint;
  return { code, what: `the endpoint ${name} ${what}`, where: `endpoint ${name}`, why, fix: fix(endpoint) };
}

/** Lines that can be pasted, with the prices only the operator knows; a file that is there is left as it is. */
export function pricesFix(model: string, file: string): string {
  const table = '{"asOf":"%s","currency":"USD","perMillion":{"%s":{"input":%s,"output":%s}}}\\n';
  const [path, folder] = [shellWord(file), shellWord(dirname(file))];
  const write = `mkdir -p ${folder} && printf '${table}' "$(date +%F)" ${shellWord(model)} 0.50 1.50 > ${path}`;
  return `--budget 2Mtok bounds tokens instead; or give its prices, USD per million tokens of input and output:\n[ -e ${path} ] || { ${write}; }`;
}
