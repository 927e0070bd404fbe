// A thread of its own, so that a page that takes for ever, or too much memory, is given up with it.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeHtmlMarkdown } from 'node-html-markdown';

const html: unknown = workerData;
const markdown = NodeHtmlMarkdown.translate(String(html), {
  ignore: ['svg', 'canvas', 'template', 'form', 'nav', 'iframe', 'object'],
});
parentPort?.postMessage(markdown);
