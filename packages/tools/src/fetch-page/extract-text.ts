import { ToolError } from '@pawl/core';
import type { GuardedResponse } from '../net/guarded-request.ts';
import { toMarkdown } from './to-markdown.ts';

const HTML: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const TEXT = /^text\/|^application\/(.*\+)?(json|xml|yaml|toml|javascript)$|^application\/(x-)?ndjson$/;

/** What a page says: HTML as Markdown, other texts as they are. */
export async function extractText(
  answered: GuardedResponse,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const { headers, body, url } = answered;
  const given = headers['content-type'] ?? '';
  const type = given.replace(/;.*$/s, '').trim().toLowerCase();
  const text = decodeText(body, findCharset(given));
  const isHtml = HTML.has(type) || (type === '' && /^\s*<(!doctype html|html)\b/i.test(text.slice(0, 1_000)));
  if (isHtml) return withTitle(text, await toMarkdown(text, { signal }));
  if (TEXT.test(type) || type === '') {
    if (text.includes('\0')) throw new ToolError(`${url.href} is no text. It is not shown.`);
    return text;
  }
  throw new ToolError(`${url.href} is of type ${JSON.stringify(type)}, which is no text. It is not shown.`);
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
  const named = charset ?? findCharset(body.subarray(0, 2_048).toString('latin1'));
  try {
    return new TextDecoder(named ?? 'utf-8').decode(body);
  } catch {
    return new TextDecoder().decode(body); // A name that nobody knows.
  }
}
