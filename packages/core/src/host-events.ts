/** Machines of a run that many of them work on. */
export type HostEvent =
  /** From now on it offers this, whatever it offered before. */
  | {
      readonly type: 'host.joined';
      readonly host: string;
      readonly slots: number;
      readonly capabilities: readonly string[];
      readonly version: string;
    }
  /** It said that it goes. What it still ran is lost. */
  | { readonly type: 'host.left'; readonly host: string; readonly detail: string }
  /** It was silent for longer than its lease. What it ran is lost. */
  | { readonly type: 'host.lapsed'; readonly host: string; readonly silentMs: number };
