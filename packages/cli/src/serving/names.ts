/** Where pages and bridge are served unless somebody says otherwise. */
import { isIP } from 'node:net';

export const SERVE_PORT = 7420;
export const LOOPBACK = '127.0.0.1';

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
