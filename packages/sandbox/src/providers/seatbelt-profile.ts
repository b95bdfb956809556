/** A profile in macOS's sandbox language: everything is denied but what stands here. Pure. */

export interface ProfileAsk {
  /** Absolute real paths, files or folders. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Unix sockets that may be connected to. */
  readonly sockets: readonly string[];
}

export function seatbeltProfile({ reads, writes, sockets }: ProfileAsk): string {
  const both = [...new Set([...reads, ...writes])];
  return [
    '(version 1)',
    '(deny default)',
    '; processes of its own, and what every program asks the system at its start',
    '(allow process-fork)',
    '(allow process-exec)',
    '(allow signal (target same-sandbox))',
    '(allow process-info* (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow file-read-metadata)',
    '(allow pseudo-tty)',
    '(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))',
    '(allow mach-lookup (global-name "com.apple.system.logger"))',
    '; what is shown, and what is its own',
    '(allow file-read* (literal "/"))',
    ...both.map((path) => `(allow file-read* (subpath ${text(path)}))`),
    ...[...new Set(writes)].map((path) => `(allow file-write* (subpath ${text(path)}))`),
    ...DEVICES.map((device) => `(allow file-write* (literal ${text(device)}))`),
    '; servers of its own, the gateway, and the way out',
    '(allow network-bind (local ip "localhost:*"))',
    '(allow network-inbound (local ip "localhost:*"))',
    '(allow network-outbound (remote ip "localhost:*"))',
    ...sockets.map(
      (socket) => `(allow network-outbound (remote unix-socket (path-literal ${text(socket)})))`,
    ),
    '',
  ].join('\n');
}

const DEVICES = ['/dev/null', '/dev/zero', '/dev/tty', '/dev/dtracehelper'];

/** A string of the language; a path with a line in it would end the rule. */
const text = (path: string): string =>
  `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
