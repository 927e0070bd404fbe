import type { ChatResponse } from '@pawl/core/chat';
import type { ChatChunk } from '../../script/chunks.ts';
import { eachChunk, eachMessage, type Fields, type Quirk, withDelta, withFinish, withMessage } from './quirk.ts';

/** Ways to say the same message, and what is beside it. */
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
    stream: eachChunk(({ usage: _, ...chunk }) => (chunk.choices.length === 0 ? undefined : chunk)),
    whole: ({ usage: _, ...reply }) => reply,
  },
  'null-usage': {
    stream: eachChunk((chunk) => (chunk.choices.length === 0 ? undefined : { ...chunk, usage: null })),
    whole: (reply) => ({ ...reply, usage: null }),
  },
  'usage-on-last-chunk': { stream: withUsageOnLast },
  'usage-on-each-chunk': { stream: (chunks) => chunks.map((chunk) => ({ ...chunk, usage: chunks.at(-1)?.usage })) },
  'usage-in-texts': withUsage((usage) =>
    Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, String(count)])),
  ),
  'usage-without-total': withUsage(({ total_tokens: _, ...usage }) => usage),
  'vendor-usage': {
    stream: eachChunk(({ usage, ...chunk }) => (usage == null ? chunk : { ...chunk, x_groq: { usage } })),
    whole: ({ usage, ...reply }) => ({ ...reply, x_groq: { usage } }),
  },
  'no-role': eachMessage(({ role: _, ...message }) => message),
  'empty-role': role(''),
  'role-model': role('model'),
  'null-delta': {
    stream: eachChunk((chunk) => withDelta(chunk, (delta) => (Object.keys(delta).length === 0 ? null : delta))),
  },
  /** Calls, and a finish reason that says there are none. */
  'finish-stop': finish((reason) => (reason === 'tool_calls' ? 'stop' : reason)),
  'finish-unknown': finish((reason) => (reason === 'stop' || reason === 'tool_calls' ? 'eos' : reason)),
  'finish-on-each-chunk': { stream: withFinishEverywhere },
  /** It ends with `[DONE]`. A reply that was cut or filtered says so all the same. */
  'no-finish': finish((reason) => (reason === 'stop' || reason === 'tool_calls' ? null : reason)),
  'placeholder-chunks': { stream: withPlaceholders },
  'message-beside-delta': { stream: withMessages },
  'content-parts': eachMessage(inParts),
  reasoning: beside({ reasoning_content: 'It is simple.' }),
  'reasoning-details': beside({ reasoning_details: [{ type: 'reasoning.text', text: 'It is simple.', index: 0 }] }),
  /** Mistral's form: the text in parts as well, and a thought before it. */
  'thinking-parts': {
    stream: (chunks) => {
      const parts = chunks.map((chunk) => withDelta(chunk, inParts));
      const [first] = chunks;
      const thinking = { role: 'assistant', content: [THOUGHT] };
      return first === undefined ? parts : [withDelta(first, () => thinking), ...parts];
    },
    whole: (reply) =>
      withMessage(reply, (message) => {
        const { content } = inParts(message);
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
    whole: (reply) => withMessage(reply, withThought),
  },
  'refusal-false': beside({ refusal: false }),
  'unknown-fields': beside({ provider_specific_fields: { citations: [] } }),
};

function withUsageOnLast(chunks: readonly ChatChunk[]): readonly Fields[] {
  const usage = chunks.at(-1)?.usage;
  const told = chunks.filter(({ choices }) => choices.length > 0);
  return told.map((chunk, index) => (index === told.length - 1 ? { ...chunk, usage } : { ...chunk }));
}

function withUsage(change: (usage: Fields) => Fields): Quirk {
  const apply = (holder: ChatChunk | ChatResponse): Fields =>
    holder.usage == null ? { ...holder } : { ...holder, usage: change({ ...holder.usage }) };
  return { stream: eachChunk(apply), whole: apply };
}

function role(name: string): Quirk {
  return eachMessage((message) => ('role' in message ? { ...message, role: name } : message));
}

function finish(change: (reason: unknown) => unknown): Quirk {
  return { stream: eachChunk((chunk) => withFinish(chunk, change)), whole: (reply) => withFinish(reply, change) };
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

/** Each chunk repeats what came so far. */
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

function inParts(holder: Fields): Fields {
  const { content } = holder;
  if (typeof content !== 'string' || content === '') return holder;
  return { ...holder, content: [{ type: 'text', text: content }] };
}

/** Further fields of the message; in a stream they are on its first chunk. */
function beside(fields: Fields): Quirk {
  return {
    stream: (chunks) => chunks.map((chunk, index) => (index === 0 ? withDelta(chunk, add) : { ...chunk })),
    whole: (reply) => withMessage(reply, add),
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
