/**
 * What a client asks the way out for, read strictly: one spelling for one host, and nothing that another reader could
 * take for something else. Pure.
 */
import { isIP } from 'node:net';

export interface Target {
  /** As it is compared, looked up and connected to: small letters, no dot at its end, an address in its one form. */
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
/** Letters, digits, hyphens and `_`, which some names have: no user, no escape, nothing of another script. */
const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const AUTHORITY = /^(?:\[([\da-f:.]{2,45})\]|([a-z0-9_.-]{1,254}))(?::(\d{1,5}))?$/i;

/** `host`, `host:port` or `[address]:port`; undefined for whatever else. @param port where none is said. */
export function readAuthority(text: string, port: number): Target | undefined {
  const [, six, name, said] = AUTHORITY.exec(text) ?? [];
  const host = six === undefined ? name && plainName(name) : plainSix(six);
  const number = said === undefined ? port : Number(said);
  if (!host || number < 1 || number > PORT_MAX) return undefined;
  return { host, port: number };
}

/** The target of an address in absolute form, as a proxy is asked by plain HTTP. */
export function readHttpUrl(text: string): (Target & { readonly path: string }) | undefined {
  const [, authority, path = ''] = /^http:\/\/([^/?#\s\\]+)([/?][^#\s]*)?$/i.exec(text) ?? [];
  const target = authority === undefined ? undefined : readAuthority(authority, 80);
  return target && { ...target, path: path.startsWith('/') ? path : `/${path}` };
}

/** `host:port`, as it is told and asked for. */
export const authorityOf = ({ host, port }: Target): string =>
  isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;

/** What ends in a number is an address, in whatever form: decimal, octal, hexadecimal, or short. */
function plainName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (!NAME.test(name) || !URL.canParse(`http://${name}/`)) return undefined;
  const { hostname } = new URL(`http://${name}/`);
  return isIP(hostname) === 4 || hostname === name ? hostname : undefined;
}

function plainSix(text: string): string | undefined {
  if (!URL.canParse(`http://[${text}]/`)) return undefined;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
