/** What the process with the rules is asked and answers. */

export interface Ask {
  readonly id: number;
  readonly texts: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

export interface Hit {
  /** Which of the texts. */
  readonly text: number;
  readonly rule: string;
  readonly line: number;
  readonly value: string;
}

export type Answer =
  | { readonly id: number; readonly hits: readonly Hit[] }
  | { readonly id: number; readonly error: string };
