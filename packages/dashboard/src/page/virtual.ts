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
  /** Rows come at the top: what is looked at stays where it is. */
  readonly growsAtTop?: boolean;
  /** `table`: the rows are rows of one. */
  readonly role?: 'list' | 'table';
  readonly head?: ComponentChild;
}

const OVERSCAN = 8;

export function Virtual(ask: VirtualAsk) {
  const { count, rowHeight, row, show, growsAtTop = false, role = 'list', label, head } = ask;
  const box = useRef<HTMLDivElement>(null);
  const [[first, last], look] = useState<readonly [number, number]>([0, 40]);
  const had = useRef(count);

  const measure = (): void => {
    const { scrollTop, clientHeight } = box.current!;
    const from = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
    const to = Math.ceil((scrollTop + clientHeight) / rowHeight) + OVERSCAN;
    look((was) => (was[0] === from && was[1] === to ? was : [from, to]));
  };
  useLayoutEffect(() => {
    const watching = new ResizeObserver(measure);
    watching.observe(box.current!);
    return () => watching.disconnect();
  }, []);
  useLayoutEffect(() => {
    const more = count - had.current;
    had.current = count;
    const place = box.current!;
    if (growsAtTop && more > 0 && place.scrollTop > 0) place.scrollTop += more * rowHeight;
    measure();
  }, [count]);
  useLayoutEffect(() => {
    if (show === undefined || show < 0) return;
    const place = box.current!;
    const top = show * rowHeight;
    const isSeen = top >= place.scrollTop && top + rowHeight <= place.scrollTop + place.clientHeight;
    if (!isSeen) place.scrollTop = Math.max(0, top - place.clientHeight / 2);
    measure();
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
      onScroll: measure,
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
