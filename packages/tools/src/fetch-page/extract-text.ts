import { ToolError } from '@pawl/core';
import type { GuardedResponse } from '../net/send-guarded-request.ts';
import { toMarkdown } from './to-markdown.ts';

const HTML: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const TEXT = /^text\/|^application\/(.*\+)?(json|xml|yaml|toml|javascript)$|^application\/(x-)?ndjson$/;

/** Returns a response's text: HTML as Markdown, other text unchanged. Rejects with a `ToolError` if the type is not text. */
export async function extractText(
  answered: GuardedResponse,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const { headers, body, url } = answered;
  const contentType = headers['content-type'] ?? '';
  const type = contentType.replace(/;.*$/s, '').trim().toLowerCase();
  const text = decodeText(body, findCharset(contentType));
  const isHtml = HTML.has(type) || (type === '' && /^\s*<(!doctype html|html)\b/i.test(text.slice(0, 1_000)));
  if (isHtml) return withTitle(text, await toMarkdown(text, { signal }));
  if (TEXT.test(type) || type === '') {
    if (text.includes('\0')) throw new ToolError(`${url.href} is not text. Fetch another page.`);
    return text;
  }
  throw new ToolError(`${url.href} is of type ${JSON.stringify(type)}, which is not text. Fetch another page.`);
}

function withTitle(html: string, markdown: string): string {
  const [, title = ''] = /<title[^>]{0,200}>([^<]{1,300})/iu.exec(html.slice(0, 65_536)) ?? [];
  const plain = title.replaceAll(/\s+/g, ' ').trim();
  return plain === '' || markdown.includes(`# ${plain}`) ? markdown : `# ${plain}\n\n${markdown}`;
}

function findCharset(type: string): string | undefined {
  return /charset=["']?([\w.:-]{1,40})/i.exec(type)?.[1];
}

function decodeText(body: Buffer, charset: string | undefined): string {
  const name = charset ?? findCharset(body.subarray(0, 2_048).toString('latin1'));
  try {
    return new TextDecoder(name ?? 'utf-8').decode(body);
  } catch {
    return new TextDecoder().decode(body); // The name of the charset is unknown.
  }
}
