/** The operator's own proxy, where there is one: what passes our judgement is asked of it. */
import { SwarmError } from '@swarm/core/errors';
import { readAuthority, type Target } from './egress-target.ts';

type Variables = Readonly<Record<string, string>>;

export interface Upstream extends Target {
  readonly authorization?: string;
}

const NAMES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * The proxy a command was given by its environment, as curl reads it; `NO_PROXY` names hosts that are reached without.
 * @throws SwarmError SW0102 for one that is not spoken to by plain HTTP.
 */
export function upstreamOf(env: Variables): Upstream | undefined {
  const said = NAMES.map((name) => env[name]).find(Boolean);
  if (said === undefined) return undefined;
  const written = said.includes('://') ? said : `http://${said}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const target = url?.protocol === 'http:' ? readAuthority(url.host, 80) : undefined;
  if (!url || !target) {
    const what = 'the proxy for setup is no http:// address';
    const fix = 'export HTTPS_PROXY=http://host:port';
    throw new SwarmError({ code: 'SW0102', what, where: 'HTTPS_PROXY', fix });
  }
  const secret = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = url.username && `Basic ${Buffer.from(secret).toString('base64')}`;
  return { ...target, ...(authorization && { authorization }) };
}

/** Whether the operator's proxy is not to be asked for this host. */
export const isDirect = ({ host }: Target, { NO_PROXY, no_proxy }: Variables): boolean =>
  (NO_PROXY ?? no_proxy ?? '')
    .split(',')
    .map((name) => name.trim().replace(/^\*?\./, ''))
    .some((name) => name !== '' && (host === name || host.endsWith(`.${name}`)));

/** How it is asked for a tunnel. */
export function tunnelRequest({ authorization }: Upstream, authority: string): string {
  const authorized = authorization ? `proxy-authorization: ${authorization}\r\n` : '';
  return `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorized}\r\n`;
}
