/**
 * Bounds the memory of this process. By itself V8 lets the part for young objects grow to 128 MB, though hardly any of it is
 * in use, and all of it by half or more before it looks what is still needed; and whatever a process has mapped is gone
 * over at each start of another one, while nothing else goes on.
 * A flag on the command line would say it better, but the program is started by whatever Node a shebang line finds.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** What is enough: twice the half that fills between two collections, in bytes. `pnpm bench workers` has the figures. */
export const YOUNG_BYTES = 16 * 1_024 * 1_024;
/** How much larger the heap may become before it is looked through again: a hundred workers took a fifth less memory. */
const GROWTH_PERCENT = 40;

/** Doubled no more while it is that large; V8 itself makes it smaller again when little happens. Holds for the process. */
export function boundMemory(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  let mayGrow = true;
  const look = () => {
    if (mayGrow === youngBytes() < YOUNG_BYTES) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  };
  // Only a collection makes it larger: a process that does nothing is not woken for this.
  new PerformanceObserver(look).observe({ entryTypes: ['gc'] });
}

export const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0;
