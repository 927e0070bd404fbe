import { ConfigError } from '@pawl/core';
import type { FilePart, Prompt, PromptMessage, PromptV3, ResultOutput } from './model.ts';

type ContentOutput = Extract<ResultOutput, { readonly type: 'content' }>;

/** Converts a prompt to specification v3, which has other forms of files, in messages and in results. */
export function toPromptV3(prompt: Prompt): PromptV3 {
  return prompt.map(toMessage) as PromptV3; // The same messages, with files in the other form.
}

function toMessage(message: PromptMessage): object {
  if (message.role === 'system') return message;
  return { ...message, content: message.content.flatMap((part) => toPart(part)) };
}

type Part = Exclude<PromptMessage, { readonly role: 'system' }>['content'][number];

function toPart(part: Part): readonly object[] {
  switch (part.type) {
    case 'file':
      return [{ ...part, data: toData(part.data) }];
    case 'reasoning-file':
    case 'custom':
      return []; // Only models of v4 make them.
    case 'tool-result':
      return [part.output.type === 'content' ? { ...part, output: toContent(part.output) } : part];
    case 'text':
    case 'reasoning':
    case 'tool-call':
    case 'tool-approval-response':
      return [part];
  }
}

function toData(data: FilePart['data']): unknown {
  switch (data.type) {
    case 'data':
      return data.data;
    case 'url':
      return data.url;
    case 'text':
      return new TextEncoder().encode(data.text);
    case 'reference':
      return Object.values(data.reference)[0]; // Providers of v3 read the id of an uploaded file in place of its data.
  }
}

function toContent({ value }: ContentOutput): object {
  return { type: 'content', value: value.map((part) => (part.type === 'file' ? toResultFile(part) : part)) };
}

function toResultFile(part: Extract<ContentOutput['value'][number], { readonly type: 'file' }>): object {
  const { data, mediaType, filename, providerOptions } = part;
  const kind = mediaType.startsWith('image/') ? 'image' : 'file';
  const rest = { mediaType, ...(filename !== undefined && { filename }), ...(providerOptions && { providerOptions }) };
  switch (data.type) {
    case 'data':
      return { type: `${kind}-data`, data: data.data, ...rest };
    case 'url':
      return { type: `${kind}-url`, url: data.url.href, ...(providerOptions && { providerOptions }) };
    case 'reference':
      return {
        type: kind === 'image' ? 'image-file-id' : 'file-id',
        fileId: { ...data.reference },
        ...(providerOptions && { providerOptions }),
      };
    case 'text':
      throw new ConfigError(
        'A result has a file that is a text, which specification v3 does not have. Return the text itself.',
      );
  }
}
