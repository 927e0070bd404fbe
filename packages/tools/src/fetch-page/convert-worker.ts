// A thread of its own, so that a page that takes for ever, or too much memory, is given up with it.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeHtmlMarkdown } from 'node-html-markdown';
import type { ConversionResult } from './conversion-result.ts';
import { splitPage } from './split-page.ts';

/** Markdown may be much longer than its page: of things within things. */
const MAX_LENGTH = 4 * 2 ** 20;

function convert(html: string): ConversionResult {
  const converter = new NodeHtmlMarkdown({
    ignore: ['svg', 'canvas', 'template', 'form', 'nav', 'iframe', 'object'],
  });
  let markdown = '';
  try {
    for (const piece of splitPage(html)) {
      const text = converter.translate(piece).trim();
      if (text === '') continue;
      markdown += markdown === '' ? text : `\n\n${text}`;
      if (markdown.length > MAX_LENGTH) return { type: 'too_long' };
    }
    return { type: 'converted', markdown };
  } catch (error) {
    // Elements within elements exceed the call stack; a text may be longer than V8 can hold.
    if (error instanceof RangeError) return { type: /stack/.test(error.message) ? 'too_deep' : 'too_long' };
    return { type: 'failed', message: String(error) };
  }
}

// Last, when all of the above is there.
parentPort?.postMessage(convert(String(workerData)));
