/** A key that a command gives may end before the run does: it is asked for again when a server rejects it, once. */

export interface KeyRenewal {
  /** The newer key; undefined before there is one. */
  readonly key: string | undefined;
  /** Resolves true when there is another key than the rejected one. Never rejects. */
  renew(rejected: string | undefined): Promise<boolean>;
}

/** @param ask for another key; a failure counts as none. */
export function createRenewal(ask: () => Promise<string>): KeyRenewal {
  let key: string | undefined;
  let asked: Promise<string | undefined> | undefined;
  return {
    get key() {
      return key;
    },
    async renew(rejected) {
      // Calls that were rejected side by side share the one question.
      asked ??= ask().catch(() => undefined);
      key = await asked;
      return key !== undefined && key !== rejected;
    },
  };
}
