/** What is long by repetition alone runs whole with SWARM_LONG (`pnpm test:long`); else one that stands for the rest. */
export const isLong = Boolean(process.env.SWARM_LONG);

export const few = <A>(whole: readonly A[], count = 1): readonly A[] =>
  isLong ? whole : whole.slice(0, count);
