/** What each may say and hear, as nats-server's configuration says it. The same table is what docs/mesh.md explains. */
import { SUBJECTS } from './wire.ts';

/** The stream that holds what is dispatched, one subject and one durable consumer for each host. */
export const STREAM = 'SWARM_WORK';
export const bucketOf = (host: string): string => `swarm_${host}`;
/** Replies to one are heard by nobody else. */
export const inboxOf = (name: string): string => `_INBOX_${name}`;

export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The home of every run: all of `swarm.>`, and the streams. */
export const HOME_RIGHTS: Rights = {
  publish: ['swarm.home.>', 'swarm.to.>', 'swarm.work.>', '$JS.API.>', '$JS.ACK.>', '$JS.FC.>', '$O.>'],
  subscribe: ['swarm.host.*', `${inboxOf('home')}.>`],
};

/** A host: its own subjects, its own queue, its own box, and nothing of any other host. */
export function hostRights(host: string): Rights {
  const box = `OBJ_${bucketOf(host)}`;
  return {
    publish: [
      SUBJECTS.from(host),
      // How much the account holds in all: the client asks before it opens a box.
      '$JS.API.INFO',
      `$JS.API.CONSUMER.INFO.${STREAM}.${host}`,
      `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${host}`,
      `$JS.ACK.${STREAM}.${host}.>`,
      `$JS.API.STREAM.INFO.${box}`,
      `$JS.API.STREAM.MSG.GET.${box}`,
      `$JS.API.DIRECT.GET.${box}.>`,
      `$JS.API.STREAM.PURGE.${box}`,
      `$JS.API.CONSUMER.CREATE.${box}`,
      `$JS.API.CONSUMER.CREATE.${box}.>`,
      `$JS.API.CONSUMER.INFO.${box}.>`,
      `$JS.API.CONSUMER.DELETE.${box}.>`,
      `$JS.API.CONSUMER.MSG.NEXT.${box}.>`,
      `$JS.ACK.${box}.>`,
      `$JS.FC.${box}.>`,
      `$O.${bucketOf(host)}.>`,
    ],
    subscribe: [SUBJECTS.hello, SUBJECTS.to(host), `${inboxOf(host)}.>`],
  };
}

export interface ServerConfig {
  readonly listen: string;
  /** Folder for streams. */
  readonly store: string;
  /** Public nkeys. */
  readonly home: string;
  readonly hosts: ReadonlyMap<string, string>;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** @returns the text of a configuration that nats-server 2.9 and later takes. */
export function serverConfig({ listen, store, home, hosts, tls }: ServerConfig): string {
  const users = [
    userOf(home, HOME_RIGHTS, 'home'),
    ...[...hosts].map(([host, key]) => userOf(key, hostRights(host), `host ${host}`)),
  ];
  return [
    '# Made by swarm. Streams are no truth: they may be deleted at any time.',
    `listen: ${quoted(listen)}`,
    'max_payload: 1MB',
    'max_connections: 4096',
    `jetstream { store_dir: ${quoted(store)} }`,
    ...(tls ? [`tls { cert_file: ${quoted(tls.cert)}, key_file: ${quoted(tls.key)}, timeout: 5 }`] : []),
    'authorization {',
    '  users = [',
    ...users,
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** @returns the same configuration with another key for one of its users; undefined: it has none of that name. */
export function withKeyOf(config: string, who: 'home' | `host ${string}`, nkey: string): string | undefined {
  const lines = config.split('\n');
  const at = lines.findIndex((line) => line.trim() === `# ${who}`) + 1;
  const old = at > 0 ? /nkey: "U[A-Z0-9]*"/.exec(lines[at] ?? '')?.[0] : undefined;
  if (old === undefined) return undefined;
  return lines.with(at, lines[at]!.replace(old, `nkey: ${quoted(nkey)}`)).join('\n');
}

const quoted = (text: string): string => JSON.stringify(text);

function userOf(nkey: string, { publish, subscribe }: Rights, who: string): string {
  const list = (subjects: readonly string[]): string => `[${subjects.map(quoted).join(', ')}]`;
  return [
    `    # ${who}`,
    `    { nkey: ${quoted(nkey)}, permissions: {`,
    `      publish: ${list(publish)},`,
    `      subscribe: ${list(subscribe)} } }`,
  ].join('\n');
}
