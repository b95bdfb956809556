/** What the journal claims to have happened, read event by event without any of the product's own code. */
import type { JournalEvent } from './journal.ts';

export interface Candidate {
  readonly parent: string;
  readonly commit: string;
  readonly tree: string;
}

export interface Member {
  readonly task: string;
  readonly attempt: string;
  readonly commit: string;
}

export interface Gate {
  readonly outcome: string;
  readonly gate: string;
  /** Every failure it names was on the base before anything was changed. */
  readonly isKnown: boolean;
}

export interface Landing {
  readonly id: string;
  readonly candidate: Candidate;
  readonly members: readonly Member[];
  gate?: Gate;
}

/** A revert the gate said yes to, before it was published. */
export interface Undo {
  readonly tasks: readonly string[];
  readonly candidate: Candidate;
  readonly gate: Gate;
}

/** Something that gave the target a new value, in order. */
export type Move =
  | { readonly by: 'landing'; readonly landing: Landing; readonly to: string; readonly seq: number }
  | { readonly by: 'found'; readonly landing: Landing | undefined; readonly to: string; readonly seq: number }
  | { readonly by: 'undo'; readonly undo: Undo | undefined; readonly to: string; readonly seq: number }
  | { readonly by: 'others'; readonly from: string; readonly to: string; readonly seq: number };

export const isOurs = (move: Move): boolean => move.by !== 'others';

export interface Claims {
  readonly run: string;
  readonly base: string;
  readonly landOn: string;
  /** Of the one gate by which all has landed: it may be changed before the first landing only. */
  gateHash: string;
  /** Failures the base had by itself; none where they could not be told apart. */
  readonly known: Set<string>;
  /** By landing id. */
  readonly landings: Map<string, Landing>;
  readonly moves: Move[];
  /** By commit, published or not. */
  readonly undos: Map<string, Undo>;
  /** What each task has come to. */
  readonly tasks: Map<string, 'live' | 'landed' | 'over'>;
  /** By task, the commits that are to be on the target now. */
  readonly landed: Map<string, Member>;
  /** Tasks that were undone, or lost through somebody else's rewriting. */
  readonly takenBack: Set<string>;
  /** Those that tried a task for which another was taken. */
  readonly lost: Set<string>;
  /** Paths each attempt's branch changed, as measured when it was handed in. */
  readonly paths: Map<
    string,
    { readonly base: string; readonly commit: string; readonly files: readonly string[] }
  >;
  /** Claims that contradict one another. */
  readonly contradictions: string[];
  closedAt: string | undefined;
  /** How many of the moves came before the run was closed. */
  movesAtClose: number;
}

/** @throws Error when the first event is no `run.opened`, or an event lacks what its type promises. */
export function claimsOf(events: readonly { readonly seq: number; readonly event: JournalEvent }[]): Claims {
  const first = events[0]?.event;
  if (first?.type !== 'run.opened') throw new Error('the journal does not begin with run.opened');
  const request = record(first, 'request');
  const claims: Claims = {
    run: text(first, 'run'),
    base: text(request, 'base'),
    landOn: text(request, 'landOn'),
    gateHash: text(request, 'gateHash'),
    known: new Set(),
    landings: new Map(),
    moves: [],
    undos: new Map(),
    tasks: new Map(),
    landed: new Map(),
    takenBack: new Set(),
    lost: new Set(),
    paths: new Map(),
    contradictions: [],
    closedAt: undefined,
    movesAtClose: 0,
  };
  for (const { seq, event } of events) READERS[event.type]?.(claims, event, seq);
  return claims;
}

type Reader = (claims: Claims, event: JournalEvent, seq: number) => void;

/** Event types that are not here claim nothing that git or a task's end could contradict. */
const READERS: Readonly<Record<string, Reader>> = {
  'base.checked': (c, e) => {
    const gate = record(e, 'gate');
    c.known.clear();
    if (gate.isTold === true) for (const failure of list(gate, 'signatures')) c.known.add(String(failure));
  },
  'gate.changed': (c, e) => {
    if (c.moves.some(isOurs)) c.contradictions.push('the gate was changed after something had landed');
    c.gateHash = text(e, 'gateHash');
  },
  'task.accepted': (c, e) => void c.tasks.set(text(e, 'task'), 'live'),
  'task.requeued': (c, e) => settle(c, text(e, 'task'), 'live'),
  'task.retried': (c, e) => settle(c, text(e, 'task'), 'live'),
  'task.failed': (c, e) => settle(c, text(e, 'task'), 'over'),
  'task.cancelled': (c, e) => settle(c, text(e, 'task'), 'over'),
  // What its parts came to is what it came to.
  'task.expanded': (c, e) => settle(c, text(e, 'task'), 'live'),
  'task.gathered': (c, e) => settle(c, text(e, 'task'), 'over'),
  // Of several that tried a task one goes on, and the others are over for good.
  'contest.decided': (c, e) => {
    for (const loser of list(e, 'lost') as Fields[]) lose(c, text(loser, 'task'));
  },
  'contest.failed': (c, e) => {
    for (const task of list(e, 'again')) settle(c, String(task), 'live');
  },
  'attempt.started': (c, e) => settle(c, taskOf(text(e, 'attempt')), 'live'),
  'attempt.ended': readAttempt,
  'landing.started': (c, e) => {
    const landing = { id: text(e, 'landing'), candidate: candidateOf(e), members: membersOf(e) };
    c.landings.set(landing.id, landing);
  },
  'gate.ended': (c, e) => {
    const landing = c.landings.get(text(e, 'landing'));
    const result = record(e, 'result');
    if (landing) landing.gate = gateOf(c, result);
    else c.contradictions.push(`a gate ended for ${text(e, 'landing')}, which never started`);
  },
  'landing.landed': readLanded,
  'landing.found': readFound,
  'landing.rejected': (c, e) => settle(c, taskOf(text(e, 'attempt')), e.isThere === true ? 'over' : 'live'),
  'undo.passed': (c, e) => {
    const gate = record(e, 'gate');
    const undo = {
      tasks: list(e, 'tasks').map(String),
      candidate: candidateOf(e),
      gate: gateOf(c, gate),
    };
    c.undos.set(undo.candidate.commit, undo);
  },
  'landing.undone': (c, e, seq) => {
    const to = text(e, 'commit');
    takeBack(c, text(e, 'task'), 'over');
    // One commit may take back several.
    if (c.moves.at(-1)?.to !== to) c.moves.push({ by: 'undo', undo: c.undos.get(to), to, seq });
  },
  'target.moved': (c, e, seq) => {
    for (const task of list(e, 'lost')) takeBack(c, String(task), 'live');
    c.moves.push({ by: 'others', from: text(e, 'from'), to: text(e, 'to'), seq });
  },
  'run.reopened': (c) => {
    c.closedAt = undefined;
    c.movesAtClose = 0;
  },
  'run.closed': (c, e) => {
    c.closedAt = text(e, 'head');
    c.movesAtClose = c.moves.length;
  },
};

function gateOf(c: Claims, result: Readonly<Record<string, unknown>>): Gate {
  const signatures = Array.isArray(result.signatures) ? result.signatures.map(String) : [];
  const isKnown = signatures.length > 0 && signatures.every((failure) => c.known.has(failure));
  return { outcome: text(result, 'outcome'), gate: text(result, 'gate'), isKnown };
}

function readAttempt(c: Claims, e: JournalEvent): void {
  const attempt = text(e, 'attempt');
  settle(c, taskOf(attempt), e.reason === 'handed-in' ? 'live' : 'over');
  const change = (e.handoff as { change?: Readonly<Record<string, unknown>> } | undefined)?.change;
  if (!change) return;
  const files = list(change, 'filesChanged').map(String);
  c.paths.set(attempt, { base: text(change, 'base'), commit: text(change, 'commit'), files });
}

function readLanded(c: Claims, e: JournalEvent, seq: number): void {
  const id = text(e, 'landing');
  const started = c.landings.get(id);
  const said = { candidate: candidateOf(e), members: membersOf(e) };
  if (!started) c.contradictions.push(`${id} landed and never started`);
  else if (
    JSON.stringify({ candidate: started.candidate, members: started.members }) !== JSON.stringify(said)
  )
    c.contradictions.push(`${id} landed with another candidate or other tasks than were tested`);
  const landing: Landing = { id, ...said, ...(started?.gate && { gate: started.gate }) };
  for (const member of said.members) land(c, member);
  c.moves.push({ by: 'landing', landing, to: said.candidate.commit, seq });
}

function readFound(c: Claims, e: JournalEvent, seq: number): void {
  const member = { task: text(e, 'task'), attempt: text(e, 'attempt'), commit: text(e, 'commit') };
  const isIts = (l: Landing) => l.members.some((m) => m.commit === member.commit);
  const landing = [...c.landings.values()].findLast(isIts);
  land(c, member);
  // A batch is found task by task, and moved the target once.
  const last = c.moves.at(-1);
  if (landing && last?.by === 'found' && last.landing === landing) return;
  c.moves.push({ by: 'found', landing, to: landing?.candidate.commit ?? member.commit, seq });
}

function land(c: Claims, member: Member): void {
  const before = c.landed.get(member.task);
  if (before)
    c.contradictions.push(`${member.task} landed as ${before.commit} and again as ${member.commit}`);
  if (c.lost.has(member.task))
    c.contradictions.push(`${member.task} landed, and another was taken of those that tried the same`);
  c.landed.set(member.task, member);
  settle(c, member.task, 'landed');
}

function lose(c: Claims, task: string): void {
  c.lost.add(task);
  settle(c, task, 'over');
}

function takeBack(c: Claims, task: string, to: 'live' | 'over'): void {
  c.landed.delete(task);
  c.takenBack.add(task);
  settle(c, task, to);
}

function settle(c: Claims, task: string, to: 'live' | 'landed' | 'over'): void {
  if (!c.tasks.has(task)) c.contradictions.push(`${task} was never accepted`);
  c.tasks.set(task, to);
}

const taskOf = (attempt: string): string => attempt.slice(0, attempt.indexOf('.'));

type Fields = Readonly<Record<string, unknown>>;

function candidateOf(e: JournalEvent): Candidate {
  const candidate = record(e, 'candidate');
  return {
    parent: text(candidate, 'parent'),
    commit: text(candidate, 'commit'),
    tree: text(candidate, 'tree'),
  };
}

function membersOf(e: JournalEvent): Member[] {
  const members = list(e, 'members') as Fields[];
  return members.map((m) => ({
    task: text(m, 'task'),
    attempt: text(m, 'attempt'),
    commit: text(m, 'commit'),
  }));
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw new Error(`${fields.type ?? 'an event'} has no ${key}`);
  return value;
}

function list(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new Error(`${fields.type ?? 'an event'} has no list ${key}`);
  return value;
}

function record(fields: Fields, key: string): Fields {
  const value = fields[key];
  if (typeof value !== 'object' || value === null)
    throw new Error(`${fields.type ?? 'an event'} has no ${key}`);
  return value as Fields;
}
