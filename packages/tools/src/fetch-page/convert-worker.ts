// A thread of its own, so that a page that takes for ever, or too much memory, is given up with it.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeHtmlMarkdown } from 'node-html-markdown';
import { piecesOf } from './pieces.ts';

/** Markdown may be much longer than its page: of things within things. */
const MAX_LENGTH = 4 * 2 ** 20;

const html: unknown = workerData;
const converter = new NodeHtmlMarkdown({
  ignore: ['svg', 'canvas', 'template', 'form', 'nav', 'iframe', 'object'],
});
let markdown = '';
for (const piece of piecesOf(String(html))) {
  const text = converter.translate(piece).trim();
  if (text === '') continue;
  markdown += markdown === '' ? text : `\n\n${text}`;
  if (markdown.length > MAX_LENGTH) throw new Error('too long');
}
parentPort?.postMessage(markdown);
