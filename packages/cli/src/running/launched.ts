/** What it means to have been started by bin/swarm.cjs. */

/**
 * Ends this process as soon as its launcher is gone, `kill -9` included: who killed the launcher meant us. The
 * journal makes that a safe way to stop. Does nothing when somebody else started us.
 */
export function endWithLauncher(): void {
  if (process.env.SWARM_LAUNCHER === undefined || !process.channel) return;
  // For us alone: what we start has a parent of its own.
  delete process.env.SWARM_LAUNCHER;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // The listener alone would keep the program from ending.
  process.channel.unref();
}

/** How this program is started, without its arguments: for processes of ours that are the same program. */
export const thisProgram = (): readonly string[] => [process.execPath, ...process.execArgv, process.argv[1]!];
