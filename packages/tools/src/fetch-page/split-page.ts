import { HTMLElement, parse } from 'node-html-parser';

/** The converter's time grows with the square of the length. A piece of this length takes some hundredths of a second. */
const MIN_PIECE_LENGTH = 32_768;

/** Elements without a meaning in Markdown: a page may be split inside them. */
const NEUTRAL: ReadonlySet<string> = new Set(['HTML', 'BODY', 'MAIN', 'ARTICLE', 'SECTION', 'DIV', 'HEADER', 'FOOTER']);

/** Elements that end a paragraph: a page may be split after them. */
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

/** Splits a page into pieces that can be converted one by one. An element that cannot be split without changing its meaning stays whole. */
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
