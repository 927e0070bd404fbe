import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { findScrollTop, selectRows } from '../view/select-rows.ts';
import { useKeys } from './keys.ts';

interface ListProps {
  /** The name of the list, for its position and for screen readers. */
  readonly label: string;
  readonly count: number;
  readonly rowHeight: number;
  /** The row that `j` and `k` move from. */
  readonly selected: number;
  readonly onSelect: (index: number) => void;
  readonly keyOf: (index: number) => string;
  /** A row. The first link or button in it gets the focus. */
  readonly children: (index: number, isSelected: boolean) => ComponentChildren;
  /** Called when the end of the list can be seen. */
  readonly onEnd?: () => void;
  /** What `a` and `d` do. */
  readonly keys?: Readonly<Record<string, (() => void) | undefined>>;
}

/** Where each list was scrolled to, so that it is there again when it comes back. */
const positions = new Map<string, number>();

/** A list of which only the rows that can be seen are in the page. `j` and `k` move, and the focus moves along. */
export function VirtualList(props: ListProps): JSX.Element {
  const { label, count, rowHeight, selected, keyOf, children, onEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollTop: positions.get(label) ?? 0, height: 600 });
  const { first, end } = selectRows({ count, rowHeight, ...view });
  useMeasuredBox(box, { label, setView });
  useRowKeys(box, props);
  useEffect(() => {
    if (end >= count) onEnd?.();
  }, [end >= count, count]);
  const rows = Array.from({ length: end - first }, (_, offset) => first + offset);
  return (
    <div class="list" ref={box}>
      <ul aria-label={label} style={{ height: `${count * rowHeight}px` }}>
        {rows.map((index) => (
          <li
            key={keyOf(index)}
            aria-setsize={count}
            aria-posinset={index + 1}
            data-index={index}
            class={index === selected ? 'selected' : undefined}
            style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {children(index, index === selected)}
          </li>
        ))}
      </ul>
    </div>
  );
}

type Box = { readonly current: HTMLDivElement | null };

interface MeasureOptions {
  readonly label: string;
  readonly setView: (view: { readonly scrollTop: number; readonly height: number }) => void;
}

function useMeasuredBox(box: Box, { label, setView }: MeasureOptions): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.scrollTop = positions.get(label) ?? 0;
    const measure = (): void => {
      positions.set(label, element.scrollTop);
      setView({ scrollTop: element.scrollTop, height: element.clientHeight });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [label]);
}

function useRowKeys(box: Box, { count, rowHeight, selected, onSelect, keys = {} }: ListProps): void {
  const wanted = useRef<number | undefined>(undefined);
  const move = (step: number): void => {
    const element = box.current;
    if (element === null || count === 0) return;
    const index = Math.min(count - 1, Math.max(0, selected + step));
    element.scrollTop = findScrollTop(index, { rowHeight, scrollTop: element.scrollTop, height: element.clientHeight });
    wanted.current = index;
    onSelect(index);
    focusRow(element, index);
  };
  // The row may come into the page only now.
  useEffect(() => {
    if (wanted.current === undefined || box.current === null) return;
    if (focusRow(box.current, wanted.current)) wanted.current = undefined;
  });
  const first = selected < 0 ? 0 : 1;
  useKeys({ ...keys, j: () => move(first), k: () => move(-1), ArrowDown: () => move(first), ArrowUp: () => move(-1) });
}

function focusRow(box: HTMLElement, index: number): boolean {
  const target = box.querySelector(`li[data-index="${index}"]`)?.querySelector('a, button');
  if (!(target instanceof HTMLElement)) return false;
  target.focus({ preventScroll: true });
  return true;
}
