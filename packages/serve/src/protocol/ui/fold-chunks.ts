import type { UiChunk } from './ui-chunk.ts';
import type { UiAssistantMessage, UiPart, UiToolPart } from './ui-message.ts';

/** Applies a chunk to the message under way, as `useChat` does: what a page shows after the stream is what it shows after a reload. */
export function applyUiChunk(message: UiAssistantMessage | undefined, chunk: UiChunk): UiAssistantMessage | undefined {
  if (chunk.type === 'start') return { id: chunk.messageId, role: 'assistant', ...toMetadata(chunk), parts: [] };
  if (message === undefined) return undefined;
  if (chunk.type === 'finish') return { ...message, metadata: { ...message.metadata, ...chunk.messageMetadata } };
  return { ...message, parts: changeParts(message.parts, chunk) };
}

function toMetadata({ messageMetadata }: UiChunk & { readonly type: 'start' }): Pick<UiAssistantMessage, 'metadata'> {
  return messageMetadata === undefined ? {} : { metadata: messageMetadata };
}

type PartChunk = Exclude<UiChunk, { readonly type: 'start' | 'finish' }>;

function changeParts(parts: UiPart[], chunk: PartChunk): UiPart[] {
  switch (chunk.type) {
    case 'start-step':
      return [...parts, { type: 'step-start' }];
    case 'reset-step':
      return parts.slice(0, parts.findLastIndex(({ type }) => type === 'step-start') + 1);
    case 'text-start':
      return [...parts, { type: 'text', text: '', state: 'streaming' }];
    case 'reasoning-start':
      return [...parts, { type: 'reasoning', id: chunk.id, text: '', state: 'streaming' }];
    case 'text-delta':
    case 'reasoning-delta':
    case 'text-end':
    case 'reasoning-end':
      return changeText(parts, chunk);
    case 'tool-input-start': {
      const { toolCallId, toolName } = chunk;
      return setTool(parts, { type: 'dynamic-tool', toolCallId, toolName, state: 'input-streaming' });
    }
    case 'tool-input-available': {
      const { toolCallId, toolName, input } = chunk;
      return setTool(parts, { type: 'dynamic-tool', toolCallId, toolName, state: 'input-available', input });
    }
    case 'tool-input-error': {
      const { toolCallId, toolName, input, errorText } = chunk;
      return setTool(parts, { type: 'dynamic-tool', toolCallId, toolName, state: 'output-error', input, errorText });
    }
    case 'tool-approval-request': {
      const { approvalId: id, signature, approvalDescriptor: descriptor } = chunk;
      return changeTool(parts, chunk.toolCallId, {
        state: 'approval-requested',
        approval: { id, signature, descriptor },
      });
    }
    case 'tool-approval-response': {
      const { approvalId, approved, reason } = chunk;
      const asked = parts.find((part) => part.type === 'dynamic-tool' && part.approval?.id === approvalId);
      if (asked?.type !== 'dynamic-tool') return parts;
      const approval = { ...asked.approval, approved, ...(reason !== undefined && { reason }) };
      return changeTool(parts, asked.toolCallId, { state: 'approval-responded', approval });
    }
    case 'tool-output-available':
      return changeTool(parts, chunk.toolCallId, { state: 'output-available', output: chunk.output });
    case 'tool-output-error':
      return changeTool(parts, chunk.toolCallId, { state: 'output-error', errorText: chunk.errorText });
    case 'tool-output-denied':
      return changeTool(parts, chunk.toolCallId, { state: 'output-denied' });
    case 'steering-message':
      return [...parts, { type: 'steering-message', id: chunk.id, parts: chunk.parts }];
    case 'tool-input-delta':
    case 'finish-step':
    case 'abort':
    case 'error':
      return parts;
    default:
      return changeData(parts, chunk);
  }
}

type TextChunk = Extract<UiChunk, { readonly type: `${'text' | 'reasoning'}-${'delta' | 'end'}` }>;

/** Changes the last open part of the kind. The chunks of a journal complete one text before the next of its kind begins. */
function changeText(parts: UiPart[], chunk: TextChunk): UiPart[] {
  const kind = chunk.type.startsWith('text') ? 'text' : 'reasoning';
  const at = parts.findLastIndex((part) => part.type === kind && 'state' in part && part.state === 'streaming');
  return parts.map((part, index) => {
    if (index !== at || (part.type !== 'text' && part.type !== 'reasoning') || !('state' in part)) return part;
    return 'delta' in chunk ? { ...part, text: part.text + chunk.delta } : { ...part, state: 'done' };
  });
}

function setTool(parts: UiPart[], tool: UiToolPart): UiPart[] {
  return findTool(parts, tool.toolCallId) === -1 ? [...parts, tool] : changeTool(parts, tool.toolCallId, { ...tool });
}

/** The fields that a call gets with its next state. */
interface ToolChange extends Pick<UiToolPart, 'state'> {
  readonly [field: string]: unknown;
}

function changeTool(parts: UiPart[], id: string, change: ToolChange): UiPart[] {
  const at = findTool(parts, id);
  return parts.map((part, index) => {
    if (index !== at || part.type !== 'dynamic-tool') return part;
    const { output: _, errorText: __, ...kept } = { output: undefined, errorText: undefined, ...part };
    // The encoder sends the chunks of a call in the order of its states, each with the fields of the next one.
    return { ...kept, ...change } as UiToolPart;
  });
}

function findTool(parts: UiPart[], id: string): number {
  return parts.findLastIndex((part) => part.type === 'dynamic-tool' && part.toolCallId === id);
}

function changeData(parts: UiPart[], chunk: UiChunk & { readonly type: `data-${string}` }): UiPart[] {
  if (!('data' in chunk) || chunk.transient === true) return parts;
  const { type, id, data } = chunk;
  const part: UiPart = { type, ...(id !== undefined && { id }), data };
  const at = id === undefined ? -1 : parts.findIndex((each) => each.type === type && 'id' in each && each.id === id);
  return at === -1 ? [...parts, part] : parts.map((each, index) => (index === at ? part : each));
}
