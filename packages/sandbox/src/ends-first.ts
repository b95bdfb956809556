const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * What ends this process ends `work` first, which is told by `signal`; then it ends as it would have. For work that is done
 * while nobody else holds the signals yet: what it started would be left behind.
 */
export async function endsFirst<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let got: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals): void => {
    got ??= signal;
    stop.abort(signal);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    // Whoever else listens has heard it.
    if (got !== undefined && process.listenerCount(got) === 0) process.kill(process.pid, got);
  }
}
