/** What became of asking one reviewer. */
import type { Usage } from '@swarm/core/model/usage';
import type { SaidVote } from '@swarm/core/rules/vote-format';
import type { Halt } from '../inputs.ts';

export type Said = { readonly usage: Usage; readonly by?: string } & (
  | { readonly kind: 'vote'; readonly vote: SaidVote }
  /** It has nothing to say: an abstention, with the reason told. */
  | { readonly kind: 'silent'; readonly why: string }
  /** It was stopped from outside, and is asked again. */
  | { readonly kind: 'stopped' }
  /** No endpoint answers: it is asked again when one does. */
  | { readonly kind: 'down'; readonly why: string }
  /** Nobody here can go on with it. */
  | { readonly kind: 'halted'; readonly halt: Halt }
);
