/** Which repository of which forge an address of git names. Pure. */
import type { ForgeKind } from '@swarm/core/ports/forge';

export interface ForgePlace {
  readonly kind: ForgeKind;
  /** Of the forge's pages, with its port where it is no usual one. */
  readonly host: string;
  readonly api: string;
  /** Where its pages are. */
  readonly web: string;
  readonly slug: string;
}

/** A forge that is known: by everybody, or because the operator's environment names it. */
export interface KnownForge {
  readonly kind: ForgeKind;
  readonly host: string;
  readonly api: string;
  readonly web: string;
}

const GITHUB: KnownForge = {
  kind: 'github',
  host: 'github.com',
  api: 'https://api.github.com',
  web: 'https://github.com',
};
const GITLAB: KnownForge = {
  kind: 'gitlab',
  host: 'gitlab.com',
  api: 'https://gitlab.com/api/v4',
  web: 'https://gitlab.com',
};

/**
 * Hosts of the operator's own are named by the variables that the forges' own tools read: what runs in an Action or a
 * pipeline has `GITHUB_SERVER_URL` and `CI_SERVER_URL`, and `gh` and `glab` go by `GH_HOST` and `GITLAB_HOST`.
 */
export function knownForges(env: Readonly<Record<string, string | undefined>>): readonly KnownForge[] {
  const { GITHUB_SERVER_URL, GITHUB_API_URL, GH_HOST, CI_SERVER_URL, CI_API_V4_URL, GITLAB_HOST } = env;
  const lab = GITLAB_HOST && (GITLAB_HOST.includes('://') ? GITLAB_HOST : `https://${GITLAB_HOST}`);
  return [
    GITHUB,
    GITLAB,
    ...own('github', GITHUB_SERVER_URL, GITHUB_API_URL, '/api/v3'),
    ...own('github', GH_HOST && `https://${GH_HOST}`, undefined, '/api/v3'),
    ...own('gitlab', CI_SERVER_URL, CI_API_V4_URL, '/api/v4'),
    ...own('gitlab', lab, undefined, '/api/v4'),
  ];
}

function own(
  kind: ForgeKind,
  server: string | undefined,
  api: string | undefined,
  path: string,
): KnownForge[] {
  const url = server && URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || url.host === GITHUB.host || url.host === GITLAB.host) return [];
  const web = url.href.replace(/\/$/, '');
  return [{ kind, host: url.host, web, api: api && URL.canParse(api) ? api : `${web}${path}` }];
}

/** Undefined: it is of no forge that is known, such as a folder. */
export function forgePlaceOf(address: string, known: readonly KnownForge[]): ForgePlace | undefined {
  const told = hostAndPath(address);
  const forge = told && known.findLast(({ host }) => host === told.host || withoutPort(host) === told.host);
  const slug = told?.path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  if (!forge || slug === undefined || !isSlug(slug, forge.kind)) return undefined;
  return { ...forge, slug };
}

function hostAndPath(address: string): { host: string; path: string } | undefined {
  const short = /^(?:[\w.-]+@)?([\w][\w.-]*):(?!\/\/)(.+)$/.exec(address);
  if (short && !address.includes('://')) return { host: plainHost(short[1]!), path: short[2]! };
  if (!/^(?:https?|ssh|git):\/\//.test(address) || !URL.canParse(address)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(address);
  // A port of ssh's says nothing of where the pages are.
  const isWeb = protocol === 'http:' || protocol === 'https:';
  return { host: isWeb ? host : plainHost(hostname), path: decodeURIComponent(pathname) };
}

/** Where port 22 is closed GitHub and GitLab take ssh elsewhere. */
const plainHost = (host: string): string =>
  host === 'ssh.github.com' ? GITHUB.host : host === 'altssh.gitlab.com' ? GITLAB.host : host.toLowerCase();

const withoutPort = (host: string): string => host.replace(/:\d+$/, '');

/** It is put into addresses: nothing that could end or leave its part of one. */
const isSlug = (slug: string, kind: ForgeKind): boolean => {
  const parts = slug.split('/');
  const isRight = parts.every((part) => /^[\w.-]+$/.test(part) && part !== '.' && part !== '..');
  return isRight && (kind === 'github' ? parts.length === 2 : parts.length >= 2);
};

/** `12`, or the address of an issue or a pull request of this repository. Undefined: neither. */
export function numberIn(text: string, place: ForgePlace, what: 'issue' | 'pull'): number | undefined {
  if (/^#?\d{1,9}$/.test(text)) return Number(text.replace('#', ''));
  const words = what === 'issue' ? 'issues' : place.kind === 'github' ? 'pull' : 'merge_requests';
  const start = `${place.web}/${place.slug}/`.toLowerCase();
  if (!text.toLowerCase().startsWith(start)) return undefined;
  const rest = new RegExp(`^(?:-/)?${words}/(\\d{1,9})(?:[/?#].*)?$`).exec(text.slice(start.length));
  return rest ? Number(rest[1]) : undefined;
}
