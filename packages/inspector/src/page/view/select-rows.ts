/** The part of a long list that is in the page. */
export interface RowWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

export interface ListView {
  readonly count: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly height: number;
}

/** Selects the rows that can be seen, with some above and below for scrolling. */
export function selectRows({ count, rowHeight, scrollTop, height }: ListView): RowWindow {
  const first = Math.floor(scrollTop / rowHeight) - MARGIN;
  const end = Math.ceil((scrollTop + height) / rowHeight) + MARGIN;
  const clamped = Math.min(Math.max(0, first), Math.max(0, count - 1));
  return { first: clamped, end: Math.max(clamped, Math.min(count, end)) };
}

const MARGIN = 8;

/** Returns where to scroll so that a row can be seen: as far as needed, and not at all if it can be seen. */
export function findScrollTop(index: number, { rowHeight, scrollTop, height }: Omit<ListView, 'count'>): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? Math.max(0, top + rowHeight - height) : scrollTop;
}
