/** The longest path through steps that wait for each other: what no number of workers makes shorter. */

export interface Step<T> {
  readonly id: T;
  readonly after: readonly T[];
  readonly ms: number;
}

/** The steps of the longest path, in order; each step is looked at once. */
export function longestPath<T>(steps: readonly Step<T>[]): readonly Step<T>[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const waits = new Map(steps.map((step) => [step.id, step.after.filter((id) => byId.has(id)).length]));
  const next = new Map<T, Step<T>[]>();
  for (const step of steps)
    for (const id of step.after) if (byId.has(id)) next.set(id, [...(next.get(id) ?? []), step]);
  const best = new Map<T, { readonly ms: number; readonly from: T | undefined }>();
  const ready = steps.filter(({ id }) => waits.get(id) === 0);
  for (const step of ready) {
    const ends = (best.get(step.id)?.ms ?? 0) + step.ms;
    best.set(step.id, { ms: ends, from: best.get(step.id)?.from });
    for (const after of next.get(step.id) ?? []) {
      if (ends > (best.get(after.id)?.ms ?? 0)) best.set(after.id, { ms: ends, from: step.id });
      const left = waits.get(after.id)! - 1;
      waits.set(after.id, left);
      if (left === 0) ready.push(after);
    }
  }
  const last = ready.reduce<T | undefined>(
    (latest, { id }) => (latest === undefined || best.get(id)!.ms > best.get(latest)!.ms ? id : latest),
    undefined,
  );
  return pathTo(last, byId, best);
}

function pathTo<T>(
  last: T | undefined,
  byId: ReadonlyMap<T, Step<T>>,
  best: ReadonlyMap<T, { readonly from: T | undefined }>,
): readonly Step<T>[] {
  const path: Step<T>[] = [];
  for (let id = last; id !== undefined; id = best.get(id)!.from) path.push(byId.get(id)!);
  return path.reverse();
}
