import { ToolError } from '@pawl/core';
import { markUntrusted, type TextPart, type UserPart } from '@pawl/core/chat';
import { stringifyCanonical } from '@pawl/core/model';
import type { CallToolResult } from '../sdk.ts';

type Block = CallToolResult['content'][number];

/**
 * Maps the result of a call to parts for the model: texts in one marked part, then images, audio and files.
 *
 * @throws ToolError with the texts word for word, if the server reports an error
 */
export function mapResult(result: CallToolResult, server: string): readonly UserPart[] {
  const { content = [], structuredContent, isError } = result;
  if (isError === true) throw new ToolError(readError(result));
  const mapped = content.map(mapBlock);
  const texts = listTexts(mapped);
  const structured = structuredContent === undefined ? [] : addStructured(structuredContent, texts);
  const parts = mapped.filter(({ type }) => type !== 'text');
  const text = [...texts, ...structured].join('\n\n');
  if (text !== '') return [{ type: 'text', text: markUntrusted(text, `the MCP server ${server}`) }, ...parts];
  return parts.length > 0 ? parts : [{ type: 'text', text: '(no content)' }];
}

function readError({ content = [], structuredContent }: CallToolResult): string {
  const text = listTexts(content.map(mapBlock)).join('\n\n');
  if (text !== '') return text;
  return structuredContent === undefined ? 'The tool failed without a message.' : JSON.stringify(structuredContent);
}

function listTexts(parts: readonly UserPart[]): readonly string[] {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

/** Returns the structured result as JSON, unless a text is the same JSON: servers send both for older clients. */
function addStructured(structured: unknown, texts: readonly string[]): readonly string[] {
  const canonical = stringifyCanonical(structured);
  return texts.some((text) => isSameJson(text, canonical)) ? [] : [JSON.stringify(structured)];
}

function isSameJson(text: string, canonical: string): boolean {
  try {
    return stringifyCanonical(JSON.parse(text)) === canonical;
  } catch {
    return false;
  }
}

/** Maps a block to a part. Bytes that no part can carry become a line of text. */
function mapBlock(block: Block): UserPart {
  switch (block.type) {
    case 'text':
      return createText(block.text);
    case 'image':
      return createImage(block.mimeType, block.data);
    case 'audio': {
      const { mimeType, data } = block;
      const format = readAudioFormat(mimeType);
      if (format === undefined) return createText(describeBytes('audio', mimeType, data));
      return { type: 'input_audio', input_audio: { data, format } };
    }
    case 'resource_link': {
      const size = block.size === undefined ? '' : `, ${block.size} bytes`;
      return createText(`${block.uri} (${block.mimeType ?? 'unknown type'}${size})`);
    }
    case 'resource':
      return mapResource(block.resource);
  }
  // A type of a later revision.
  return createText(`(${String(Reflect.get(block, 'type'))}: not supported)`);
}

function createText(text: string): TextPart {
  return { type: 'text', text };
}

type ResourceContents = Extract<Block, { readonly type: 'resource' }>['resource'];

/** Maps a resource to a part. Bytes that no part can carry become a line of text. */
export function mapResource(resource: ResourceContents): UserPart {
  const { uri, mimeType = '' } = resource;
  if ('text' in resource) {
    const fence = chooseFence(resource.text);
    return createText(`${uri}\n${fence}\n${resource.text}\n${fence}`);
  }
  const { blob } = resource;
  if (mimeType.startsWith('image/')) return createImage(mimeType, blob);
  if (mimeType !== 'application/pdf') return createText(`${uri} ${describeBytes('file', resource.mimeType, blob)}`);
  const filename = uri.split('/').at(-1) || 'file.pdf';
  return { type: 'file', file: { filename, file_data: `data:${mimeType};base64,${blob}` } };
}

/** Returns a fence that the text cannot end. */
function chooseFence(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}

function createImage(mimeType: string, data: string): UserPart {
  return { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data}` } };
}

/** The formats that Chat Completions accepts. */
function readAudioFormat(mimeType: string): 'wav' | 'mp3' | undefined {
  if (/^audio\/(x-|vnd\.)?wave?$/.test(mimeType)) return 'wav';
  return /^audio\/(mpeg|mp3)$/.test(mimeType) ? 'mp3' : undefined;
}

function describeBytes(kind: string, mimeType: string | undefined, base64: string): string {
  const bytes = Buffer.byteLength(base64, 'base64');
  return `(${kind}: ${mimeType ?? 'unknown type'}, ${bytes} bytes)`;
}
