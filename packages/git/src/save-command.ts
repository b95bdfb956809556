/** The command that saves an attempt's work from inside its sandbox, and what it says. */
import type { Identity, SaveReport, Workspaces } from '@swarm/core/ports/git';
import { SAVE_SCRIPT } from './save-script.ts';

type Ask = Parameters<Workspaces['saveCommand']>[0];

export function saveCommand(ask: Ask, identity: Identity): readonly string[] {
  const { message, workspace, intake, sinceMs } = ask;
  const since = sinceMs === undefined ? '' : (sinceMs / 1000).toFixed(3);
  const parameters = [message, workspace, intake, identity.name, identity.email, since];
  return ['sh', '-c', SAVE_SCRIPT, 'swarm-save', ...parameters];
}

const LINE = /^swarm-save (left-out|took|ignored) (.+)$/gm;

/** Nobody but the script speaks in its room; its words are still names that an agent chose. */
export function readSave(output: string): SaveReport {
  const told = [...output.matchAll(LINE)];
  const of = (kind: string) => told.flatMap(([, what, text]) => (what === kind ? [text!] : []));
  return { leftOut: of('left-out'), unwrapped: of('took'), ignored: of('ignored') };
}
