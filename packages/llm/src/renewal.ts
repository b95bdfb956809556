/** A key that a command gives may end before the run does: the command is asked again when a server rejects it. */

export interface KeyRenewal {
  /** The newer key; undefined before there is one. */
  readonly key: string | undefined;
  /** Every one it ever had: an old one is not to be shown either. */
  readonly keys: ReadonlySet<string>;
  /** Resolves true when there is another key than the rejected one. Never rejects. */
  renew(rejected: string | undefined): Promise<boolean>;
  /** A server took this key: once it is rejected, another may be asked for. */
  accepted(key: string | undefined): void;
}

/** @param ask for another key; a failure counts as none. */
export function createRenewal(ask: () => Promise<string>): KeyRenewal {
  const keys = new Set<string>();
  let key: string | undefined;
  let asked: Promise<string | undefined> | undefined;
  return {
    get key() {
      return key;
    },
    keys,
    async renew(rejected) {
      // Of a call that was sent before there was the newer one.
      if (key !== undefined && key !== rejected) return true;
      // Calls that were rejected side by side share the one question, and a key that never worked is the last one.
      asked ??= ask().catch(() => undefined);
      key = (await asked) ?? key;
      if (key !== undefined) keys.add(key);
      return key !== undefined && key !== rejected;
    },
    accepted(taken) {
      if (key !== undefined && key === taken) asked = undefined;
    },
  };
}
