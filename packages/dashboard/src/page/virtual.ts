/** A list of any length: only the rows that can be seen are there. All rows are of one height. */
import { type ComponentChild, h } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface VirtualAsk {
  readonly label: string;
  readonly class?: string;
  readonly count: number;
  /** px. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChild;
  /** A row to be seen; scrolled to when it changes. */
  readonly show?: number | undefined;
  /** Told whether the top is out of sight. */
  readonly onScrolled?: (isAway: boolean) => void;
  /** `table`: the rows are rows of one. */
  readonly role?: 'list' | 'table';
  readonly head?: ComponentChild;
}

const OVERSCAN = 8;

export function Virtual(ask: VirtualAsk) {
  const { count, rowHeight, row, show, role = 'list', label, head, onScrolled } = ask;
  const box = useRef<HTMLDivElement>(null);
  // As they were told by the browser: asking it in the middle of a change makes it lay out everything at once.
  const seen = useRef({ top: 0, height: 800 });
  const [[first, last], look] = useState<readonly [number, number]>([0, 40]);

  const settle = (): void => {
    const { top, height } = seen.current;
    const from = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    const to = Math.ceil((top + height) / rowHeight) + OVERSCAN;
    look((was) => (was[0] === from && was[1] === to ? was : [from, to]));
  };
  const scrolled = (): void => {
    seen.current.top = box.current!.scrollTop;
    onScrolled?.(seen.current.top > rowHeight / 2);
    settle();
  };
  useLayoutEffect(() => {
    const watching = new ResizeObserver(([entry]) => {
      seen.current.height = entry!.contentRect.height;
      settle();
    });
    watching.observe(box.current!);
    return () => watching.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (show === undefined || show < 0) return;
    const { top, height } = seen.current;
    const place = show * rowHeight;
    if (place >= top && place + rowHeight <= top + height) return;
    box.current!.scrollTop = Math.max(0, place - height / 2);
    scrolled();
  }, [show]);

  const end = Math.min(count, last);
  const begin = Math.min(first, end);
  const rows = Array.from({ length: end - begin }, (_, i) => row(begin + i));
  const isTable = role === 'table';
  return h(
    'div',
    {
      ref: box,
      class: `virtual ${ask.class ?? ''}`,
      tabIndex: 0,
      role: isTable ? 'table' : 'region',
      'aria-label': label,
      ...(isTable && { 'aria-rowcount': count }),
      onScroll: scrolled,
    },
    [
      head,
      h('div', {
        key: 'above',
        style: { height: `${begin * rowHeight}px` },
        role: isTable ? 'presentation' : undefined,
      }),
      h('div', { key: 'rows', role: isTable ? 'rowgroup' : 'list', class: 'rows' }, rows),
      h('div', {
        key: 'below',
        style: { height: `${Math.max(0, count - end) * rowHeight}px` },
        role: isTable ? 'presentation' : undefined,
      }),
    ],
  );
}
