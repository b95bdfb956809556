/** A world of mounts of the program's own, gone with it: a machine without a tool, a disk that is full. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** @param script `sh` that mounts; then the program takes its place. */
export const mounted = (script: string): readonly string[] => [
  ...['unshare', '--mount', '--propagation', 'private'],
  ...['sh', '-euc', `${script}; exec "$@"`, 'sh'],
];

/** Why nothing can be mounted here; undefined where it can. Only root may, and not in every container. */
export function withoutMounts(): Promise<string | undefined> {
  const [program, ...words] = [...mounted('mount -t tmpfs none /mnt'), 'true'];
  return promisify(execFile)(program!, words).then(
    () => undefined,
    (error: Error) => `nothing can be mounted here: ${error.message.trim()}`,
  );
}
