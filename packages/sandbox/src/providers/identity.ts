import { chmodSync, chownSync, lstatSync } from 'node:fs';
import { GATEWAY_PLACE, type SandboxSpec, written } from '../provider.ts';
import { giveTree } from './give-tree.ts';

/**
 * Whom a contained command runs as. An ordinary user's namespace maps one id to the user's own. Root's own id would
 * stay root's for whatever the kernel asks of it (/proc/sys, device nodes, files of others), so that under root it
 * is another user's: one that owns nothing on this machine but what is handed over to it.
 */
export interface Identity {
  /** As it is seen inside; under root also on the host. */
  readonly uid: number;
  /** Under root: no user namespace, and the id is taken just before the command starts. */
  readonly isDropped: boolean;
}

/** Among the ids systemd leaves to nobody, and small enough for the maps containers have. */
const NOBODYS = 61_183;
const MAPPED = 1_000;
const SETPRIV = '/usr/bin/setpriv';

export const identityOf = (hostUid: number | undefined): Identity =>
  hostUid === 0 ? { uid: NOBODYS, isDropped: true } : { uid: MAPPED, isDropped: false };

/** What root needs to stand in a workspace its owner closed to others, and to become another user; no more. */
const RIGHTS = ['CAP_DAC_READ_SEARCH', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'];

/** What bubblewrap is told: a user namespace, or the rights with which `dropCommand` starts. */
export const identityArguments = ({ uid, isDropped }: Identity): string[] =>
  isDropped
    ? ['--cap-drop', 'ALL', ...RIGHTS.flatMap((name) => ['--cap-add', name])]
    : ['--unshare-user', '--uid', `${uid}`, '--gid', `${uid}`, '--disable-userns'];

/** Stands before the command and ends as it: from here on the rights are gone for good. */
export const dropCommand = ({ uid, isDropped }: Identity): string[] =>
  isDropped
    ? [
        ...[SETPRIV, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'],
        ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--'],
      ]
    : [];

/** What has been handed over, by path: the folder's own identity, so that a new one at the same place is too. */
const given = new Map<string, string>();
const MOST_GIVEN = 10_000;

/**
 * Makes what a command may write its own: files and folders, or the gateway's socket. Of a tree handed over before,
 * only the top is looked at. A folder its owner locked is opened again. Symlinks are not followed.
 */
export async function handOver(paths: readonly string[], identity: Identity): Promise<void> {
  for (const path of paths) {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) continue;
    if (found.isDirectory() && (found.mode & 0o700) !== 0o700) chmodSync(path, found.mode | 0o700);
    if (!identity.isDropped) continue;
    if (!found.isDirectory()) {
      if (found.uid !== identity.uid) chownSync(path, identity.uid, identity.uid);
      continue;
    }
    const self = `${found.dev}:${found.ino}:${found.birthtimeMs}`;
    if (given.get(path) === self && found.uid === identity.uid) continue;
    await giveTree(path, identity.uid);
    if (given.size >= MOST_GIVEN) given.clear();
    given.set(path, self);
  }
}

/** What it writes, and what it must be allowed to connect to. */
export const handedOver = ({ readOnly, gatewaySocket, ...spec }: SandboxSpec): string[] => [
  ...written({ ...spec, readOnly }),
  ...readOnly.filter(({ inside }) => inside === GATEWAY_PLACE).map(({ host }) => host),
  ...(gatewaySocket === undefined ? [] : [gatewaySocket]),
];
