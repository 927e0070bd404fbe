import type { Content, GenerateResult, StreamPart } from './model.ts';

/** Lists a whole result as the parts of a stream, so that one builder reads both. */
export function listParts({ warnings, response, content, usage, finishReason }: GenerateResult): readonly StreamPart[] {
  return [
    { type: 'stream-start', warnings: warnings ?? [] },
    { type: 'response-metadata', ...response },
    ...content.flatMap(listContentParts),
    { type: 'finish', usage, finishReason },
  ];
}

function listContentParts(content: Content, index: number): readonly StreamPart[] {
  if (content.type !== 'text' && content.type !== 'reasoning') return [content];
  const { type, text, providerMetadata } = content;
  const id = String(index);
  return [
    { type: `${type}-start`, id },
    { type: `${type}-delta`, id, delta: text },
    { type: `${type}-end`, id, ...(providerMetadata && { providerMetadata }) },
  ];
}
