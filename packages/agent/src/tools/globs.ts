/**
 * Glob matching without regular expressions: patterns come from a model, and a compiled one can run for ever.
 * `*` and `?` stay inside a path segment, `**` spans segments, `{a,b}` is either. Time is the product of the
 * two lengths for a segment, and of the two segment counts for a path.
 */

/** Alternatives one pattern may expand to. */
const ALTERNATIVES_MAX = 64;

export type GlobMatcher = (path: string) => boolean;

/** @throws RangeError when the braces expand to more than ALTERNATIVES_MAX patterns. */
export function compileGlob(pattern: string): GlobMatcher {
  const alternatives = expandBraces(pattern).map((p) =>
    p.split('/').filter((part) => part !== '' && part !== '.'),
  );
  return (path) => {
    const segments = path.split('/');
    return alternatives.some((parts) => matchSegments(parts, segments));
  };
}

export function expandBraces(pattern: string): string[] {
  let done: string[] = [];
  let open = [pattern];
  while (open.length > 0) {
    const next: string[] = [];
    for (const p of open) {
      const expanded = expandFirst(p);
      if (expanded) next.push(...expanded);
      else done = [...done, p];
    }
    if (done.length + next.length > ALTERNATIVES_MAX) {
      throw new RangeError(`the braces stand for more than ${ALTERNATIVES_MAX} patterns`);
    }
    open = next;
  }
  return done;
}

/** Expands an innermost brace pair that holds a comma; undefined when there is none. */
function expandFirst(p: string): string[] | undefined {
  for (let close = p.indexOf('}'); close !== -1; close = p.indexOf('}', close + 1)) {
    const open = p.lastIndexOf('{', close);
    const inner = p.slice(open + 1, close);
    if (open === -1 || !inner.includes(',') || inner.includes('}')) continue;
    return inner.split(',').map((part) => p.slice(0, open) + part + p.slice(close + 1));
  }
  return undefined;
}

/** Row by row: `reach[j]` says whether the parts so far match the first j segments. */
function matchSegments(parts: readonly string[], segments: readonly string[]): boolean {
  let reach = segments.map(() => false);
  reach = [true, ...reach];
  for (const part of parts) {
    const next = reach.map(() => false);
    for (let j = 0; j <= segments.length; j++) {
      if (part === '**') next[j] = reach[j]! || (j > 0 && next[j - 1]!);
      else next[j] = j > 0 && reach[j - 1]! && matchSegment(part, segments[j - 1]!);
    }
    reach = next;
  }
  return reach[segments.length]!;
}

/** On a mismatch only the last star is tried again, one character further. */
function matchSegment(part: string, segment: string): boolean {
  let p = 0;
  let s = 0;
  let star = -1;
  let from = 0;
  while (s < segment.length) {
    if (part[p] === '*') {
      star = p++;
      from = s;
    } else if (p < part.length && (part[p] === '?' || part[p] === segment[s])) {
      p++;
      s++;
    } else if (star !== -1) {
      p = star + 1;
      s = ++from;
    } else return false;
  }
  while (part[p] === '*') p++;
  return p === part.length;
}
