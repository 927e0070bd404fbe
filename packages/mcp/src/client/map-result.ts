import { ToolError } from '@pawl/core';
import type { UserPart } from '@pawl/core/chat';
import type { CallToolResult } from '../sdk.ts';
import { stringifyCanonical } from './definition.ts';
import { markUntrusted } from './mark-untrusted.ts';

type Block = CallToolResult['content'][number];

/**
 * Maps the result of a call to parts for the model: texts in one marked part, then images, audio and files.
 *
 * @throws ToolError with the texts word for word, if the server reports an error
 */
export function mapResult(result: CallToolResult, server: string): readonly UserPart[] {
  const { content = [], structuredContent, isError } = result;
  if (isError === true) throw new ToolError(readError(result));
  const texts = content.flatMap((block) => mapToText(block) ?? []);
  const structured = structuredContent === undefined ? [] : addStructured(structuredContent, texts);
  const parts = content.flatMap((block) => mapToPart(block) ?? []);
  const text = [...texts, ...structured].join('\n\n');
  if (text !== '') return [{ type: 'text', text: markUntrusted(text, `the MCP server ${server}`) }, ...parts];
  return parts.length > 0 ? parts : [{ type: 'text', text: '(no content)' }];
}

function readError({ content = [], structuredContent }: CallToolResult): string {
  const text = content.flatMap((block) => mapToText(block) ?? []).join('\n\n');
  if (text !== '') return text;
  return structuredContent === undefined ? 'The tool failed without a message.' : JSON.stringify(structuredContent);
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

function mapToText(block: Block): string | undefined {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
      return undefined;
    case 'audio':
      return readAudioFormat(block.mimeType) === undefined
        ? describeBytes('audio', block.mimeType, block.data)
        : undefined;
    case 'resource_link': {
      const size = block.size === undefined ? '' : `, ${block.size} bytes`;
      return `${block.uri} (${block.mimeType ?? 'unknown type'}${size})`;
    }
    case 'resource':
      return mapResourceToText(block.resource);
  }
  // A type of a later revision.
  return `(${String(Reflect.get(block, 'type'))}: not supported)`;
}

type ResourceContents = Extract<Block, { readonly type: 'resource' }>['resource'];

/** Returns the text of a resource, or a line for bytes that no part can carry. */
export function mapResourceToText(resource: ResourceContents): string | undefined {
  if ('text' in resource) {
    const fence = chooseFence(resource.text);
    return `${resource.uri}\n${fence}\n${resource.text}\n${fence}`;
  }
  if (mapResourceToPart(resource) !== undefined) return undefined;
  return `${resource.uri} ${describeBytes('file', resource.mimeType, resource.blob)}`;
}

/** Returns a fence that the text cannot end. */
function chooseFence(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}

function mapToPart(block: Block): UserPart | undefined {
  switch (block.type) {
    case 'image':
      return createImage(block.mimeType, block.data);
    case 'audio': {
      const format = readAudioFormat(block.mimeType);
      return format === undefined ? undefined : { type: 'input_audio', input_audio: { data: block.data, format } };
    }
    case 'resource':
      return mapResourceToPart(block.resource);
    case 'text':
    case 'resource_link':
      return undefined;
  }
  return undefined;
}

export function mapResourceToPart(resource: ResourceContents): UserPart | undefined {
  if (!('blob' in resource)) return undefined;
  const { mimeType = '', blob, uri } = resource;
  if (mimeType.startsWith('image/')) return createImage(mimeType, blob);
  if (mimeType !== 'application/pdf') return undefined;
  const filename = uri.split('/').at(-1) || 'file.pdf';
  return { type: 'file', file: { filename, file_data: `data:${mimeType};base64,${blob}` } };
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
