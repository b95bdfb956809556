/** Which part of something large can be seen, so that only that part is drawn. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Sight {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** px; a redraw is due only when this much is new. */
export const STEP = 100;

export function useSight(): {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly sight: Sight;
  readonly look: () => void;
} {
  const box = useRef<HTMLDivElement>(null);
  const [sight, see] = useState<Sight>({ left: 0, top: 0, width: 1_000, height: 600 });
  const look = (): void => {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = box.current!;
    const [left, top] = [Math.floor(scrollLeft / STEP) * STEP, Math.floor(scrollTop / STEP) * STEP];
    const [width, height] = [clientWidth + STEP, clientHeight + STEP];
    see((was) =>
      was.left === left && was.top === top && was.width === width && was.height === height
        ? was
        : { left, top, width, height },
    );
  };
  useLayoutEffect(() => {
    const watching = new ResizeObserver(look);
    watching.observe(box.current!);
    return () => watching.disconnect();
  }, []);
  return { box, sight, look };
}
