/** Ends this process soon after the one that started it, however that came about. */
import { Worker } from 'node:worker_threads';

const LOOK_EVERY_MS = 500;

/** Also in the middle of a pattern that never comes to its end: a thread looks, since nothing else here has a turn then. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit());
  const look = `process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL')`;
  const limits = { maxYoungGenerationSizeMb: 1 };
  new Worker(`setInterval(() => ${look}, ${LOOK_EVERY_MS})`, { eval: true, resourceLimits: limits }).unref();
}
