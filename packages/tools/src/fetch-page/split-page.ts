import { HTMLElement, parse } from 'node-html-parser';

/** The converter takes time that grows with the square of a page: of this much it takes some hundredths of a second. */
const MIN_PIECE_LENGTH = 32_768;

/** Elements that mean nothing in Markdown: a page may be cut in two within them. */
const NEUTRAL: ReadonlySet<string> = new Set(['HTML', 'BODY', 'MAIN', 'ARTICLE', 'SECTION', 'DIV', 'HEADER', 'FOOTER']);

/** Elements that end a paragraph: a page may be cut in two behind them. */
const BLOCKS: ReadonlySet<string> = new Set([
  ...NEUTRAL,
  'ASIDE',
  'BLOCKQUOTE',
  'DL',
  'FIGURE',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'H6',
  'HEAD',
  'HR',
  'OL',
  'P',
  'PRE',
  'TABLE',
  'UL',
]);

/** A page in pieces that can be converted one by one. What can't be cut without another meaning stays whole, however long it is. */
export function splitPage(html: string): readonly string[] {
  const pieces: string[] = [];
  let begin = 0;
  const waiting = parse(html).childNodes.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const [from, to] = node.range;
    if (!(node instanceof HTMLElement) || !BLOCKS.has(node.tagName)) continue;
    if (NEUTRAL.has(node.tagName) && to - from > MIN_PIECE_LENGTH) {
      for (const child of node.childNodes.toReversed()) waiting.push(child);
    } else if (to - begin >= MIN_PIECE_LENGTH) {
      pieces.push(html.slice(begin, to));
      begin = to;
    }
  }
  pieces.push(html.slice(begin));
  return pieces;
}
