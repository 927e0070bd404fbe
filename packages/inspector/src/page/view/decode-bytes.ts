import type { Bytes } from '../../api.ts';

/** Returns bytes as a text to show. Those that are no UTF-8 are shown as base64. */
export function toText(bytes: Bytes): string {
  return 'text' in bytes ? bytes.text : `base64:${bytes.base64}`;
}
