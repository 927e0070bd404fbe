import type { ChatResponse } from '@pawl/core/chat';
import type { ChatChunk } from '../../script/build-chunks.ts';
import { type Fields, mapChunks, mapMessages, type Quirk, withDelta, withFinish, withMessage } from './quirk.ts';

/** Other encodings of the same message and its metadata. */
export type MessageQuirkName = UsageQuirk | RoleQuirk | FinishQuirk | ChunkQuirk | ThoughtQuirk | FieldQuirk;
type UsageQuirk = 'no-usage' | 'null-usage' | 'usage-in-texts' | 'usage-without-total' | 'vendor-usage' | PlacedUsage;
type PlacedUsage = 'usage-on-last-chunk' | 'usage-on-each-chunk';
type RoleQuirk = 'no-role' | 'empty-role' | 'role-model';
type FinishQuirk = 'finish-stop' | 'finish-unknown' | 'finish-on-each-chunk' | 'no-finish';
type ChunkQuirk = 'null-delta' | 'placeholder-chunks' | 'message-beside-delta';
type ThoughtQuirk = 'reasoning' | 'reasoning-details' | 'thinking-parts' | 'inline-thinking';
type FieldQuirk = 'content-parts' | 'refusal-false' | 'unknown-fields';

export const messageQuirks: Readonly<Record<MessageQuirkName, Quirk>> = {
  'no-usage': {
    stream: mapChunks(({ usage: _, ...chunk }) => (chunk.choices.length === 0 ? undefined : chunk)),
    whole: ({ usage: _, ...response }) => response,
  },
  'null-usage': {
    stream: mapChunks((chunk) => (chunk.choices.length === 0 ? undefined : { ...chunk, usage: null })),
    whole: (response) => ({ ...response, usage: null }),
  },
  'usage-on-last-chunk': { stream: withUsageOnLast },
  'usage-on-each-chunk': { stream: (chunks) => chunks.map((chunk) => ({ ...chunk, usage: chunks.at(-1)?.usage })) },
  'usage-in-texts': withUsage((usage) =>
    Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, String(count)])),
  ),
  'usage-without-total': withUsage(({ total_tokens: _, ...usage }) => usage),
  'vendor-usage': {
    stream: mapChunks(({ usage, ...chunk }) => (usage == null ? chunk : { ...chunk, x_groq: { usage } })),
    whole: ({ usage, ...response }) => ({ ...response, x_groq: { usage } }),
  },
  'no-role': mapMessages(({ role: _, ...message }) => message),
  'empty-role': replaceRole(''),
  'role-model': replaceRole('model'),
  'null-delta': {
    stream: mapChunks((chunk) => withDelta(chunk, (delta) => (Object.keys(delta).length === 0 ? null : delta))),
  },
  /** Calls with a finish reason that denies them. */
  'finish-stop': replaceFinishReason((reason) => (reason === 'tool_calls' ? 'stop' : reason)),
  'finish-unknown': replaceFinishReason((reason) => (reason === 'stop' || reason === 'tool_calls' ? 'eos' : reason)),
  'finish-on-each-chunk': { stream: withFinishEverywhere },
  /** The stream ends with `[DONE]`. Truncated and filtered responses keep their finish reason. */
  'no-finish': replaceFinishReason((reason) => (reason === 'stop' || reason === 'tool_calls' ? null : reason)),
  'placeholder-chunks': { stream: withPlaceholders },
  'message-beside-delta': { stream: withMessages },
  'content-parts': mapMessages(toParts),
  reasoning: addFields({ reasoning_content: 'It is simple.' }),
  'reasoning-details': addFields({ reasoning_details: [{ type: 'reasoning.text', text: 'It is simple.', index: 0 }] }),
  /** Mistral's form: content parts, with a thinking part first. */
  'thinking-parts': {
    stream: (chunks) => {
      const parts = chunks.map((chunk) => withDelta(chunk, toParts));
      const [first] = chunks;
      const thinking = { role: 'assistant', content: [THOUGHT] };
      return first === undefined ? parts : [withDelta(first, () => thinking), ...parts];
    },
    whole: (response) =>
      withMessage(response, (message) => {
        const { content } = toParts(message);
        return { ...message, content: [THOUGHT, ...(Array.isArray(content) ? content : [])] };
      }),
  },
  'inline-thinking': {
    stream: (chunks) => {
      let isAdded = false;
      return chunks.map((chunk) =>
        withDelta(chunk, (delta) => {
          const changed = isAdded ? delta : withThought(delta);
          isAdded ||= changed !== delta;
          return changed;
        }),
      );
    },
    whole: (response) => withMessage(response, withThought),
  },
  'refusal-false': addFields({ refusal: false }),
  'unknown-fields': addFields({ provider_specific_fields: { citations: [] } }),
};

function withUsageOnLast(chunks: readonly ChatChunk[]): readonly Fields[] {
  const usage = chunks.at(-1)?.usage;
  const withChoices = chunks.filter(({ choices }) => choices.length > 0);
  return withChoices.map((chunk, index) => (index === withChoices.length - 1 ? { ...chunk, usage } : { ...chunk }));
}

function withUsage(change: (usage: Fields) => Fields): Quirk {
  const apply = (holder: ChatChunk | ChatResponse): Fields =>
    holder.usage == null ? { ...holder } : { ...holder, usage: change({ ...holder.usage }) };
  return { stream: mapChunks(apply), whole: apply };
}

function replaceRole(name: string): Quirk {
  return mapMessages((message) => ('role' in message ? { ...message, role: name } : message));
}

function replaceFinishReason(change: (reason: unknown) => unknown): Quirk {
  return { stream: mapChunks((chunk) => withFinish(chunk, change)), whole: (response) => withFinish(response, change) };
}

function withFinishEverywhere(chunks: readonly ChatChunk[]): readonly Fields[] {
  const [reason] = chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: given }) => given ?? []));
  return chunks.map((chunk) => withFinish(chunk, () => reason));
}

function withPlaceholders([first, ...others]: readonly ChatChunk[]): readonly object[] {
  if (first === undefined) return [];
  const empty = { ...first, choices: [] };
  const blank = withDelta(first, () => ({ role: 'assistant', content: '' }));
  return [empty, blank, first, ...others];
}

/** Each chunk repeats the text so far. */
function withMessages(chunks: readonly ChatChunk[]): readonly Fields[] {
  let text = '';
  return chunks.map((chunk) => ({
    ...chunk,
    choices: chunk.choices.map((choice) => {
      const { content } = choice.delta;
      text += typeof content === 'string' ? content : '';
      return { ...choice, message: { role: 'assistant', content: text } };
    }),
  }));
}

const THOUGHT = { type: 'thinking', thinking: [{ type: 'text', text: 'It is simple.' }] };

function toParts(holder: Fields): Fields {
  const { content } = holder;
  if (typeof content !== 'string' || content === '') return holder;
  return { ...holder, content: [{ type: 'text', text: content }] };
}

/** Adds fields to the message; in a stream, to its first delta. */
function addFields(fields: Fields): Quirk {
  return {
    stream: (chunks) => chunks.map((chunk, index) => (index === 0 ? withDelta(chunk, add) : { ...chunk })),
    whole: (response) => withMessage(response, add),
  };
  function add(holder: Fields): Fields {
    return { ...holder, ...fields };
  }
}

function withThought(holder: Fields): Fields {
  const { content } = holder;
  if (typeof content !== 'string' || content === '') return holder;
  return { ...holder, content: `<think>It is simple.</think>${content}` };
}
