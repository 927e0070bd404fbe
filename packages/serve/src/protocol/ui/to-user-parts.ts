import type { UserMessage, UserPart } from '@pawl/core/chat';
import type { UiUserPart } from './ui-chunk.ts';

/** Returns the parts of a user message for a page. A file that a server has under an id has no form that a browser can show. */
export function toUserParts({ content }: UserMessage): UiUserPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return content.flatMap(toParts);
}

function toParts(part: UserPart): readonly UiUserPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'image_url': {
      const { url } = part.image_url;
      return [{ type: 'file', mediaType: readMediaType(url) ?? 'image/*', url }];
    }
    case 'input_audio': {
      const { data, format } = part.input_audio;
      const mediaType = `audio/${format === 'mp3' ? 'mpeg' : format}`;
      return [{ type: 'file', mediaType, url: `data:${mediaType};base64,${data}` }];
    }
    case 'file': {
      const { file_data: content, filename } = part.file;
      if (content === undefined) return [];
      const mediaType = readMediaType(content) ?? 'application/octet-stream';
      const url = content.startsWith('data:') ? content : `data:${mediaType};base64,${content}`;
      return [{ type: 'file', mediaType, url, ...(filename !== undefined && { filename }) }];
    }
  }
}

function readMediaType(url: string): string | undefined {
  return /^data:([^;,]+)[;,]/.exec(url)?.[1];
}
