// Runs in a thread of its own: ending the thread stops the conversion of a page that needs too much time or memory.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeHtmlMarkdown } from 'node-html-markdown';
import type { ConversionResult } from './conversion-result.ts';
import { splitPage } from './split-page.ts';

/** Nested elements can make Markdown much longer than its page. */
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
    // Deeply nested elements exceed the call stack, and a text may exceed V8's maximum length.
    if (error instanceof RangeError) return { type: /stack/.test(error.message) ? 'too_deep' : 'too_long' };
    return { type: 'failed', message: String(error) };
  }
}

// Last, because it needs the constants above.
parentPort?.postMessage(convert(String(workerData)));
