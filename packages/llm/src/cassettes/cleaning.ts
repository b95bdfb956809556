/** Takes out of what is recorded what must not leave this machine: known secrets, and the names of its places. */

/** A folder of this machine, by the name that stands for it in a cassette. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

export type Clean = (text: string) => string;

/** Longer paths first, so that none is replaced inside another. */
export function cleaner(redact: Clean, places: readonly Place[]): Clean {
  const sorted = [...places].sort((a, b) => b.path.length - a.path.length);
  return (text) => sorted.reduce((t, { name, path }) => t.replaceAll(path, name), redact(text));
}

/** The other way: what a cassette says of a place, said of this machine's. */
export const placed = (text: string, places: readonly Place[]): string =>
  places.reduce((t, { name, path }) => t.replaceAll(name, path), text);

/** Every text in a JSON value, keys too. */
export function mapTexts(value: unknown, change: Clean): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [change(key), mapTexts(one, change)]));
}

/**
 * The pieces of an answer, clean. A secret may lie over the edge of two pieces, and a model may say it a few letters an
 * event: then the answer is kept as one piece, with the secret's place taken by what stands for it.
 */
export function cleanPieces(pieces: readonly string[], clean: Clean): readonly string[] {
  const said = pieces.join('');
  const whole = cleanEvents(clean(said), clean);
  return whole === said ? pieces : [whole];
}

function cleanEvents(text: string, clean: Clean): string {
  const list = parse(text);
  if (Array.isArray(list)) return cleanLeaves(list, clean) ? JSON.stringify(list) : text;
  const lines = text.split('\n');
  const events = lines.map((line) => (line.startsWith('data:') ? parse(line.slice(5)) : undefined));
  const changed = cleanLeaves(events, clean);
  return changed
    ? lines.map((line, i) => (changed.has(i) ? `data: ${JSON.stringify(events[i])}` : line)).join('\n')
    : text;
}

interface Leaf {
  readonly event: number;
  readonly text: string;
  readonly put: (text: string) => void;
}

/** Mends the events in place. @returns which were changed; undefined when none was. */
function cleanLeaves(events: readonly unknown[], clean: Clean): ReadonlySet<number> | undefined {
  const leaves = new Map<string, Leaf[]>();
  for (const [event, value] of events.entries()) collect({ value }, event, '', leaves);
  const changed = new Set<number>();
  for (const run of leaves.values()) {
    const said = run.map(({ text }) => text).join('');
    const cleaned = clean(said);
    if (cleaned === said) continue;
    for (const [i, { event, put }] of run.entries()) {
      put(i === 0 ? cleaned : '');
      changed.add(event);
    }
  }
  return changed.size > 0 ? changed : undefined;
}

/** Events say which part of an answer they go on with by these. */
const PARTS = ['index', 'output_index', 'content_index'];

function collect(holder: object, event: number, path: string, into: Map<string, Leaf[]>): void {
  const part = PARTS.map((name) => (holder as Record<string, unknown>)[name]).filter(
    (n) => typeof n === 'number',
  );
  for (const [key, value] of Object.entries(holder)) {
    const at = `${path}/${part.join(',')}.${key}`;
    if (typeof value === 'string') {
      const put = (text: string): void => void Object.assign(holder, { [key]: text });
      into.set(at, [...(into.get(at) ?? []), { event, text: value, put }]);
    } else if (typeof value === 'object' && value !== null) collect(value, event, at, into);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
