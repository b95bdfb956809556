import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import type { Mount } from '@swarm/core/ports/running';

/** Programs and libraries. On most systems all but the first are links into it. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];

/**
 * The part of /etc programs need and that holds no secret. Not /etc/ssl as a whole: under root, its private
 * keys would be readable inside.
 */
const ETC = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];
/** Settings without which a tool that the system installed does not start. Not maven's own: they may hold a password. */
const ETC_TOOLS = ['/etc/maven/m2.conf', '/etc/maven/logging', '/etc/php', '/etc/dotnet/install_location'];
/** Java's own settings lie in a folder named for its version. */
const ETC_JAVA = [
  '/etc/java-11-openjdk',
  '/etc/java-17-openjdk',
  '/etc/java-21-openjdk',
  '/etc/java-25-openjdk',
];

export interface SystemMounts {
  readonly mounts: readonly Mount[];
  /** Top-level links, such as /bin to usr/bin, made anew inside. */
  readonly links: readonly { readonly place: string; readonly target: string }[];
}

/** What of the host every sandbox shows, read-only, as far as this host has it. */
export function systemMounts(): SystemMounts {
  const mounts: Mount[] = [];
  const links: { place: string; target: string }[] = [];
  for (const place of SYSTEM.filter((path) => existsSync(path))) {
    const isLink = lstatSync(place).isSymbolicLink();
    if (isLink) links.push({ place, target: readlinkSync(place) });
    else mounts.push({ host: place, inside: place });
  }
  const etc = [...ETC, ...ETC_TOOLS, ...ETC_JAVA];
  for (const place of etc.filter((path) => existsSync(path))) {
    // A link may lead to what is not shown (/etc/resolv.conf into /run): its target is shown in its place.
    mounts.push({ host: realpathSync.native(place), inside: place });
  }
  return { mounts, links };
}
