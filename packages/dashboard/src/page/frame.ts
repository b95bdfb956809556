/** Everything that changes the page is done once a frame, together, and for no longer than the frame has room. */
import { batch } from '@preact/signals';

/** Of a frame of 16 ms; the rest is for drawing. */
export const FRAME_MS = 5;
/** Where no frame is drawn, as in a tab that is behind others. */
const HIDDEN_MS = 250;

/** A job that says whether it is done; one that is not goes on in the next frame. */
export type Job = (untilMs: number) => boolean;

const jobs: Job[] = [];
let isAsked = false;

export function inFrame(job: Job): void {
  jobs.push(job);
  ask();
}

export const oncePerFrame = (change: () => void): void =>
  inFrame(() => {
    change();
    return true;
  });

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  if (document.hidden) setTimeout(work, HIDDEN_MS);
  else requestAnimationFrame(work);
}

function work(): void {
  isAsked = false;
  const begunAt = performance.now();
  const until = begunAt + FRAME_MS;
  const todo = jobs.splice(0);
  batch(() => {
    for (const job of todo) if (!job(until)) jobs.push(job);
  });
  performance.measure('swarm update', { start: begunAt });
  if (jobs.length > 0) ask();
}
