import { isOpened } from '@swarm/core/state';
import { Doings } from './doings.ts';
import { isShown, type Live, type LiveAsk, statusLine } from './live.ts';
import { withNeeds } from './needed-text.ts';
import { sanitizeLine } from './output.ts';

const EVERY_MS = 1_000;

/** A run for whoever is told the live line only when it changes, and what happens as it happens. */
export function liveLine({ output, state, endpoints = [] }: LiveAsk, onTitle: (title: string) => void): Live {
  const seen = new Doings(endpoints);
  let last = '';
  const look = (): void => {
    const now = state();
    const title = now && isOpened(now) ? withNeeds(statusLine(now, Date.now(), seen), now) : last;
    if (title !== last) onTitle(title);
    last = title;
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return {
    line(line) {
      seen.note(line);
      if (isShown(line)) output.narrate(sanitizeLine(line.msg, 240));
    },
    say: (text) => output.narrate(text),
    end() {
      clearInterval(timer);
      look();
    },
  };
}
