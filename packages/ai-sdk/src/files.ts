import { ConfigError } from '@pawl/core';
import type { AudioPart, FilePart as ChatFile, ImagePart, TextPart, UserPart } from '@pawl/core/chat';
import { toBase64 } from './json.ts';
import type { FilePart, Metadata, UserPart as PromptPart } from './model.ts';

/** Converts a part of a user message. `provider` names uploaded files: they exist at one provider only. */
export function toPromptPart(part: UserPart, provider: string): PromptPart {
  const options = readBreakpoint(part);
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...options };
    case 'image_url':
      return toImage(part, options);
    case 'input_audio':
      return { ...toAudio(part), ...options };
    case 'file':
      return { ...toFile(part, provider), ...options };
  }
  const { type } = part as { readonly type: unknown };
  throw new ConfigError(
    `A message has a part of type "${String(type)}", which the AI SDK does not have. Use text, image_url, input_audio or file.`,
  );
}

interface Options {
  readonly providerOptions?: Metadata;
}

/** A breakpoint of the prompt's cache, as the providers with breakpoints spell it. */
export function readBreakpoint({ prompt_cache_breakpoint: point }: Pick<TextPart, 'prompt_cache_breakpoint'>): Options {
  if (point === undefined) return {};
  const { ttl } = point;
  return {
    providerOptions: {
      openai: { promptCacheBreakpoint: { ...point } },
      anthropic: { cacheControl: { type: 'ephemeral', ...(ttl === undefined ? {} : { ttl: ANTHROPIC_TTL }) } },
      bedrock: { cachePoint: { type: 'default' } },
    },
  };
}

/** Anthropic keeps a prompt for five minutes or for an hour: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching */
const ANTHROPIC_TTL = '1h';

function toImage({ image_url: { url, detail } }: ImagePart, { providerOptions }: Options): FilePart {
  const { data, mediaType = 'image/*' } = readUrl(url);
  const imageDetail =
    detail === undefined ? undefined : { openai: { ...providerOptions?.['openai'], imageDetail: detail } };
  const options = providerOptions || imageDetail ? { providerOptions: { ...providerOptions, ...imageDetail } } : {};
  return { type: 'file', data, mediaType, ...options };
}

function toAudio({ input_audio: { data, format } }: AudioPart): FilePart {
  return { type: 'file', data: { type: 'data', data }, mediaType: AUDIO_TYPES[format] ?? `audio/${format}` };
}

const AUDIO_TYPES: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg' };

function toFile({ file: { file_data: given, file_id: id, filename } }: ChatFile, provider: string): FilePart {
  const named = filename === undefined ? {} : { filename };
  if (given === undefined) {
    if (id === undefined) throw new ConfigError('A file part has neither file_data nor file_id. Pass one of them.');
    const data = { type: 'reference', reference: { [provider]: id } } as const;
    return { type: 'file', data, mediaType: findMediaType(filename), ...named };
  }
  const isUrl = /^(data|https?):/i.test(given);
  const { data, mediaType } = isUrl ? readUrl(given) : { data: { type: 'data', data: given } as const };
  return { type: 'file', data, mediaType: mediaType ?? findMediaType(filename), ...named };
}

/** By the end of the name; a file without one is a PDF, which most providers read. */
function findMediaType(filename = ''): string {
  return MEDIA_TYPES[/\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? 'pdf'] ?? 'application/octet-stream';
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
};

interface UrlContent {
  readonly data: FilePart['data'];
  /** Only of a `data:` URL. */
  readonly mediaType?: string;
}

/** Reads a URL: https as itself, `data:` (RFC 2397) as base64. */
function readUrl(url: string): UrlContent {
  const inline = /^data:([^,;]*)((?:;[^,;]*)*),(.*)$/is.exec(url);
  if (inline === null) return { data: { type: 'url', url: parseUrl(url) } };
  const [, type = '', parameters = '', body = ''] = inline;
  const data = /;base64$/i.test(parameters) ? body : toBase64(new TextEncoder().encode(decodeURIComponent(body)));
  return { data: { type: 'data', data }, ...(type !== '' && { mediaType: type.toLowerCase() }) };
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed !== null) return parsed;
  throw new ConfigError(
    `A message has the URL ${JSON.stringify(url.slice(0, 100))}, which is none. Pass an https: or a data: URL.`,
  );
}
