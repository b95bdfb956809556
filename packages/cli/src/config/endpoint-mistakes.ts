/** What is wrong with the keys and names of endpoints and their accounts, beyond the schema. */
import type { Problem } from '@swarm/core/errors';
import { show } from './shown-value.ts';

export type Raw = Readonly<Record<string, unknown>>;

/** Within one source of configuration. */
export const endpointMistakes = (raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] => [
  ...namedTwice(raw, whereOf),
  ...keyedTwice(raw, whereOf),
  ...accountsWithoutKeys(raw, whereOf),
];

const KEY_SOURCES = ['key_env', 'key_file', 'key_command'] as const;
type Keyed = { readonly [source in 'name' | 'accounts' | (typeof KEY_SOURCES)[number]]?: unknown };

const endpointsIn = (raw: Raw): readonly Keyed[] =>
  Array.isArray(raw.endpoints) ? (raw.endpoints as Keyed[]) : [];

const accountsIn = (endpoint: Keyed): readonly Keyed[] =>
  Array.isArray(endpoint?.accounts) ? (endpoint.accounts as Keyed[]) : [];

/** Whatever has a key: endpoints, and their accounts. */
const keyedIn = (raw: Raw): readonly (readonly [string, Keyed])[] =>
  endpointsIn(raw).flatMap((endpoint, i) => [
    [`endpoints[${i}]`, endpoint] as const,
    ...accountsIn(endpoint).map((one, j) => [`endpoints[${i}].accounts[${j}]`, one] as const),
  ]);

const sourcesOf = (one: Keyed) => KEY_SOURCES.filter((source) => one?.[source] !== undefined);

/** An account is a key; one beside them would be used by nobody. */
function accountsWithoutKeys(raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  return endpointsIn(raw).flatMap((endpoint, i): Problem[] => {
    const [own] = sourcesOf(endpoint);
    const accounts = accountsIn(endpoint);
    if (accounts.length === 0) return [];
    const beside: Problem = {
      code: 'SW0102',
      what: `an endpoint has both \`${own}\` and \`accounts\``,
      where: whereOf(`endpoints[${i}]`),
      why: 'each account has a key of its own',
      fix: `write \`${own}\` into one of its accounts`,
    };
    const keyless = accounts.flatMap((account, j): Problem[] =>
      sourcesOf(account).length > 0
        ? []
        : [
            {
              code: 'SW0102',
              what: `the account ${show(account?.name)} has no key`,
              where: whereOf(`endpoints[${i}].accounts[${j}]`),
              why: 'accounts of one server are told apart by their keys',
              fix: 'key_env = "OPENAI_API_KEY"',
            },
          ],
    );
    return [...(own === undefined ? [] : [beside]), ...keyless];
  });
}

/** One of them would be read and the other not, and nobody would see which. */
function keyedTwice(raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  return keyedIn(raw).flatMap(([path, one]): Problem[] => {
    const [first, ...more] = sourcesOf(one);
    if (first === undefined || more.length === 0) return [];
    return [
      {
        code: 'SW0102',
        what: `an ${path.includes('accounts') ? 'account' : 'endpoint'} has both \`${first}\` and \`${more[0]}\``,
        where: whereOf(path),
        why: 'its key comes from one place',
        fix: `remove \`${more[0]}\``,
      },
    ];
  });
}

/** Names used twice within one source. */
function namedTwice(raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  const kinds = [
    ['endpoints', 'endpoints', endpointsIn(raw)],
    ...endpointsIn(raw).map((e, i) => ['accounts', `endpoints[${i}].accounts`, accountsIn(e)] as const),
  ] as const;
  return kinds.flatMap(([kind, path, list]) => twiceIn(list).map((name) => alike(kind, name, whereOf(path))));
}

function twiceIn(list: readonly Keyed[]): readonly string[] {
  const names = list.map((one) => one?.name).filter((name) => typeof name === 'string');
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function alike(kind: string, name: string, where: string): Problem {
  return {
    code: 'SW0102',
    what: `two ${kind} are called ${show(name)}`,
    where,
    why: `log and report tell ${kind} apart by name`,
    fix: `name = ${show(`${name}-2`)}`,
  };
}

/** Neither a program of this machine nor a file whose content goes to a server is a repository's to choose. */
export function keysOfRepository(raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] {
  return keyedIn(raw).flatMap(([path, one]) =>
    sourcesOf(one)
      .filter((source) => source !== 'key_env')
      .map((source) => ({
        code: 'SW0102' as const,
        what: `a repository cannot choose \`${source}\``,
        where: whereOf(`${path}.${source}`),
        why: 'it would run a program, or send a file, of yours; it counts in your own configuration alone',
        fix: 'move the endpoint into ~/.config/swarm/config.toml',
      })),
  );
}
