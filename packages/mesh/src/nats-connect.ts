/** How home and hosts come to a message server: who they are to it, and whether it lets them be that. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  type TlsOptions,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { SwarmError } from '@swarm/core/errors';
import { inboxOf } from './nats-config.ts';
import { SUBJECTS } from './wire.ts';

/** How long until it is tried again. */
const AGAIN_MS = 1_000;

export interface NatsAsk {
  /** `nats://host:4222` or `tls://host:4222`; several, with commas between. */
  readonly url: string;
  /** `home`, or the host's name. */
  readonly name: string;
  /** A file with a seed (SU…), with NATS credentials, or with `{"user", "pass"}`. */
  readonly creds?: string;
  /** The certificate authority of the server, and our own certificate, where it wants one. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Keeps trying when the server is not there at first. */
  readonly waits: boolean;
  readonly onState?: (state: 'lost' | 'again' | 'unqueued', detail: string) => void;
}

/** Errors: SW0742, SW0105. */
export async function openConnection(ask: NatsAsk): Promise<NatsConnection> {
  const options = optionsOf(ask);
  let isTold = false;
  for (;;)
    try {
      return await connectAs(ask.name, options);
    } catch (cause) {
      if (cause instanceof SwarmError) throw cause;
      const why = (cause as Error).message;
      if (!ask.waits || isRefusal(why)) throw unusable(ask, why, cause);
      if (!isTold) ask.onState?.('lost', `the message server at ${shownUrl(ask.url)} is waited for: ${why}`);
      isTold = true;
      await pause(AGAIN_MS);
    }
}

function optionsOf({ url, name, creds, tls }: NatsAsk): ConnectionOptions {
  return {
    servers: url.split(',').map((one) => one.trim()),
    name: `swarm ${name}`,
    inboxPrefix: inboxOf(name),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // Credentials may be changed on the server first and in the file a moment later.
    ignoreAuthErrorAbort: true,
    // Also on a machine that has far more to do than it can.
    timeout: 30_000,
    ...(creds !== undefined && { authenticator: credsAuthenticatorOf(creds) }),
    ...((tls || isEncrypted(url)) && { tls: tlsOf(url, tls) }),
  };
}

/** The client itself takes no notice of it, and would speak openly to whoever offers nothing better. */
const isEncrypted = (url: string): boolean => /(?:^|,)\s*tls:/i.test(url);

function tlsOf(url: string, { ca, cert, key }: NonNullable<NatsAsk['tls']> = {}): TlsOptions {
  const addresses = url
    .split(',')
    .map((one) => URL.parse(one.trim())?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '')
    .filter((host) => isIP(host) !== 0);
  const identity = {
    // An address is no name that TLS can ask for: one of those that were given has to stand in the certificate.
    checkServerIdentity: (name: string, shown: PeerCertificate) => {
      const problem = checkServerIdentity(name, shown);
      const isAddress = addresses.some((address) => checkServerIdentity(address, shown) === undefined);
      return name === 'localhost' && isAddress ? undefined : problem;
    },
  };
  return {
    ...(ca && { caFile: ca }),
    ...(cert && { certFile: cert }),
    ...(key && { keyFile: key }),
    // Handed on to Node as they are.
    ...(addresses.length > 0 && (identity as object)),
  };
}

async function connectAs(name: string, options: ConnectionOptions): Promise<NatsConnection> {
  const connection = await connect(options);
  try {
    await requireRights(connection, name);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function unusable({ url, name }: NatsAsk, why: string, cause: unknown): SwarmError {
  return new SwarmError(
    {
      code: 'SW0742',
      what: `the message server at ${shownUrl(url)} cannot be used`,
      why,
      fix: fixFor(why, name),
    },
    { cause },
  );
}

/** Waiting mends neither who we are nor whom we trust. */
const isRefusal = (why: string): boolean => IDENTITY.test(why) || TRUST.test(why);
const IDENTITY = /auth/i;
const TRUST = /certificate|tls|ssl|self.signed|enoent/i;

const shownUrl = (url: string): string => url.replace(/\/\/[^@/]*@/g, '//');

function fixFor(why: string, name: string): string {
  if (IDENTITY.test(why)) return 'swarm workers --setup DIR';
  if (TRUST.test(why)) return name === 'home' ? '--nats-ca ca.pem' : '--ca ca.pem';
  return 'apt-get install nats-server';
}

/** Credentials of somebody else are let in by the server, which then lets nothing of ours through: better said at once. */
async function requireRights(connection: NatsConnection, name: string): Promise<void> {
  const subject = name === 'home' ? SUBJECTS.fromAll : SUBJECTS.to(name);
  let refused: Error | undefined;
  const tried = connection.subscribe(subject, {
    callback: (error) => {
      if (error) refused = error;
    },
  });
  // What the server has against it comes before its answer to this.
  await connection.flush();
  tried.unsubscribe();
  if (!refused) return;
  throw new SwarmError(
    {
      code: 'SW0742',
      what: `the message server does not let these credentials be ${name}`,
      where: subject,
      why: refused.message.slice(0, 300),
      fix: name === 'home' ? '--nats-creds home.seed' : `--creds ${name}.seed`,
    },
    { cause: refused },
  );
}

/** Read for each connection: what is in the file then counts, so that credentials can be changed while work goes on. */
function credsAuthenticatorOf(path: string): Authenticator {
  let last = readCreds(path);
  return (nonce) => {
    try {
      last = readCreds(path);
    } catch {
      // It is being changed, or was taken away: who we were is tried, and the server says what it thinks of that.
    }
    return last(nonce);
  };
}

/** A seed, a file of credentials as `nsc` makes it, or a user and a password. Errors: SW0105. */
function readCreds(path: string): Authenticator {
  const unreadable = (why: string) =>
    new SwarmError({
      code: 'SW0105',
      what: 'the credentials for the message server cannot be used',
      where: path,
      why,
      fix: `ls -l ${path}`,
    });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable((error as Error).message);
  }
  const text = bytes.toString('utf8').trim();
  if (text.includes('BEGIN NATS USER JWT')) return credsAuthenticator(bytes);
  if (/^SU[A-Z0-9]{50,60}$/.test(text)) return nkeyAuthenticator(new TextEncoder().encode(text));
  try {
    const { user, pass } = JSON.parse(text) as { user?: unknown; pass?: unknown };
    if (typeof user === 'string' && typeof pass === 'string')
      return usernamePasswordAuthenticator(user, pass);
  } catch {
    // Told below.
  }
  throw unreadable('it holds neither a seed (SU…), nor NATS credentials, nor {"user", "pass"}');
}

/** A new identity: what the server is told, and what only its owner has. */
export function newIdentity(): { readonly publicKey: string; readonly seed: string } {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
