import type { UserMessage } from '@pawl/core/chat';
import type { UiUserPart } from './ui-chunk.ts';

/** Returns the parts of a user message for a page. Audio and uploaded files have no form there that a browser can show. */
export function toUserParts({ content }: UserMessage): readonly UiUserPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return content.flatMap((part): readonly UiUserPart[] => {
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
        const { file_data: url, filename } = part.file;
        if (url === undefined) return [];
        const mediaType = readMediaType(url) ?? 'application/octet-stream';
        const isUrl = url.startsWith('data:');
        const name = filename === undefined ? {} : { filename };
        return [{ type: 'file', mediaType, url: isUrl ? url : `data:${mediaType};base64,${url}`, ...name }];
      }
    }
  });
}

function readMediaType(url: string): string | undefined {
  return /^data:([^;,]+)[;,]/.exec(url)?.[1];
}
