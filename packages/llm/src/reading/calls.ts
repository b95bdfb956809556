/** Tool calls out of pieces, of servers that number them and of servers that do not. */
import type { ToolCall } from '@swarm/core/ports/models';
import { mergeFields } from './bag.ts';
import { isLoose, type Loose, mendCall } from './quirks.ts';

export interface CallPiece {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly args: string;
  /** Fields that are not ours to know: they go back with the call. */
  readonly extra: Loose;
}

export interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  args: string;
  extra: Loose;
  /** Where the arguments stand: closed once their object is. */
  readonly scan: Scan;
}

interface Scan {
  depth: number;
  inString: boolean;
  isEscaped: boolean;
  isClosed: boolean;
}

/** @returns undefined for what is no piece of a call. */
export function callPieceOf(wire: unknown): CallPiece | undefined {
  if (!isLoose(wire)) return undefined;
  const { index, id, type: _, function: called, ...extra } = mendCall(wire);
  const { name, arguments: args } = isLoose(called) ? called : {};
  return {
    index: typeof index === 'number' && Number.isInteger(index) ? index : undefined,
    id: textOf(id),
    name: textOf(name),
    args: textOf(args),
    extra,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Adds one piece to the calls so far. A piece belongs to the call of its index, or to the last one where it has
 * none. The name is taken once: many servers say it again in each piece. @param isTool knows the names on offer.
 */
export function addPiece(calls: OpenCall[], piece: CallPiece, isTool: (name: string) => boolean): void {
  const known = callOf(calls, piece);
  if (known === undefined || beginsAnother(known, piece, isTool)) {
    calls.push(open(piece));
    return;
  }
  known.id ||= piece.id;
  known.extra = mergeFields(known.extra, piece.extra);
  if (known.name === '' || isRestOfName(known, piece, isTool)) known.name += piece.name;
  if (isPlaceHolder(known.args) && piece.args.trim() !== '') startArguments(known);
  // What is whole is not added to: servers say the arguments once more at the end.
  if (!known.scan.isClosed) feed(known, piece.args);
}

function open({ index, id, name, args, extra }: CallPiece): OpenCall {
  const scan = { depth: 0, inString: false, isEscaped: false, isClosed: false };
  const call = { index, id, name, args: '', extra, scan };
  feed(call, args);
  return call;
}

/** `{}` before the arguments is a place holder of proxies, and part of no arguments. */
const isPlaceHolder = (args: string): boolean => args.trim() === '{}';

function startArguments(call: OpenCall): void {
  call.args = '';
  Object.assign(call.scan, { depth: 0, inString: false, isEscaped: false, isClosed: false });
}

/** Each character is looked at once, so that time grows with the text alone. */
function feed(call: OpenCall, text: string): void {
  call.args += text;
  const { scan } = call;
  for (let i = 0; i < text.length && !scan.isClosed; i++) {
    const c = text[i]!;
    if (scan.inString) {
      if (c === '"' && !scan.isEscaped) scan.inString = false;
      scan.isEscaped = c === '\\' && !scan.isEscaped;
    } else if (c === '"') scan.inString = true;
    else if (c === '{' || c === '[') scan.depth++;
    else if (c === '}' || c === ']') scan.isClosed = --scan.depth <= 0;
  }
}

/** Nothing of the call is missing. A call without arguments is whole. */
export const isWhole = (call: OpenCall): boolean => call.scan.isClosed || call.args.trim() === '';

function callOf(calls: readonly OpenCall[], piece: CallPiece): OpenCall | undefined {
  const sameId = piece.id === '' ? undefined : calls.findLast((c) => c.id === piece.id);
  return sameId ?? calls.findLast((c) => c.index === piece.index);
}

/**
 * A new id is a new call, for servers that number all of them 0. So is a name that comes while the arguments are
 * whole, for servers that give neither number nor id; but for the same call said once more.
 */
function beginsAnother(known: OpenCall, piece: CallPiece, isTool: (name: string) => boolean): boolean {
  if (piece.id !== '' && known.id !== '' && piece.id !== known.id) return true;
  if (piece.name === '' || known.name === '') return false;
  if (known.scan.isClosed && !isPlaceHolder(known.args)) {
    const isSaidAgain = piece.name === known.name && (piece.args === known.args || piece.args.trim() === '');
    return !isSaidAgain;
  }
  return known.args === '' && piece.name !== known.name && !isRestOfName(known, piece, isTool);
}

/** A name may come in halves too: then neither half is a tool. */
function isRestOfName(known: OpenCall, piece: CallPiece, isTool: (name: string) => boolean): boolean {
  if (piece.name === '' || known.args !== '' || piece.name === known.name) return false;
  return !isTool(known.name) && !isTool(piece.name);
}

/** Gives each call an id of its own: results are paired with calls by it. */
export function closeCalls(calls: readonly OpenCall[]): ToolCall[] {
  const taken = new Set<string>();
  return calls.map((call, place) => {
    let id = call.id || `call_${place}`;
    while (taken.has(id)) id = `${id}_${place}`;
    taken.add(id);
    return { id, name: call.name, argumentsJson: call.args || '{}' };
  });
}
