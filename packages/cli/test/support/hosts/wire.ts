/** What home and a host in another process say to one another: one JSON object a line, packs in base64. */
import type { CommitId } from '@swarm/core/model/ids';
import type { BenchAsk, BenchJob, CannotRun, ShellAsk } from '@swarm/core/ports/bench';
import type { SaveReport } from '@swarm/core/ports/git';
import type { AgentActivity, AgentResult, OutputStream, SandboxResult } from '@swarm/core/ports/running';

/** Without what cannot travel: signals become `abort`, callbacks become `line` and `activity`. */
export type Call =
  | {
      readonly call: 'open';
      readonly bench: string;
      readonly ask: Omit<BenchAsk, 'signal'>;
      readonly pack: string;
    }
  | { readonly call: 'shell'; readonly bench: string; readonly ask: Omit<ShellAsk, 'signal' | 'onLine'> }
  | {
      readonly call: 'agent';
      readonly bench: string;
      readonly job: Omit<BenchJob, 'signal' | 'onActivity' | 'notes'>;
    }
  | { readonly call: 'save'; readonly bench: string; readonly message: string }
  | { readonly call: 'close'; readonly bench: string }
  | { readonly call: 'reap' | 'clear' | 'full'; readonly bench: '' };

export type Answer =
  | CannotRun
  | {
      readonly kind: 'opened';
      readonly head: CommitId;
      readonly conflicts: readonly string[];
      readonly prefix: string;
    }
  | { readonly kind: 'ran'; readonly ran: SandboxResult }
  | { readonly kind: 'worked'; readonly result: AgentResult }
  | { readonly kind: 'saved'; readonly head: CommitId; readonly pack: string; readonly report: SaveReport }
  | { readonly kind: 'unsaved'; readonly why: string }
  | { readonly kind: 'nothing'; readonly report: SaveReport }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly why: string };

export type ToHost = ({ readonly id: number } & Call) | { readonly abort: number };
export type ToHome =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly line: readonly [OutputStream, string] }
  | { readonly id: number; readonly activity: AgentActivity };

export async function inOnePiece(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString('base64');
}
