/** How a run finds its hosts. */
export interface HostsFile {
  /** Addresses of the message server, with commas between. */
  readonly url: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly leaseMs?: number;
  /** So many hosts are processes of this machine, over a message server of their own. */
  readonly local?: number;
}
