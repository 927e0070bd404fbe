import { isRecord } from '../base/json.ts';
import { sliceWhole } from '../base/text.ts';

/** The parts of a message's `content`, in uniform form. */
export interface Content {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** The repairs. */
  readonly notes: readonly string[];
}

/** Reads content that is neither a string nor absent: a list of parts, one part, or something else. */
export function readContent(content: unknown): Content {
  if (Array.isArray(content)) return joinParts(content, 'a list of parts, joined to a text', 0);
  if (isRecord(content)) return joinParts([content], 'one part, read as its text', 0);
  return { ...NO_CONTENT, text: String(content), notes: [`a ${typeof content}, read as a text`] };
}

const NO_CONTENT: Content = { text: '', reasoning: '', refusal: '', notes: [] };

function joinParts(parts: readonly unknown[], note: string, depth: number): Content {
  const read = parts.map((part) => readPart(part, depth));
  const join = (field: 'text' | 'reasoning' | 'refusal'): string => read.map((part) => part[field]).join('');
  const notes = [note, ...read.flatMap((part) => part.notes)];
  return { text: join('text'), reasoning: join('reasoning'), refusal: join('refusal'), notes };
}

function readPart(part: unknown, depth: number): Content {
  if (typeof part === 'string') return { ...NO_CONTENT, text: part };
  if (!isRecord(part)) return { ...NO_CONTENT, notes: ['a part that is no object, left out'] };
  const { type, text, refusal, thinking, reasoning } = part;
  const thought = thinking ?? reasoning ?? (type === 'thinking' || type === 'reasoning' ? text : undefined);
  if (thought !== undefined) {
    return {
      ...NO_CONTENT,
      reasoning: readThought(thought, depth),
      notes: ['a thinking part, moved to reasoning_content'],
    };
  }
  if (typeof refusal === 'string') return { ...NO_CONTENT, refusal };
  if (typeof text === 'string') return { ...NO_CONTENT, text };
  const name = typeof type === 'string' ? `of type "${sliceWhole(type, 0, 50)}"` : 'without a type';
  return { ...NO_CONTENT, notes: [`a part ${name}, left out`] };
}

/** Mistral's thinking is itself a list of parts. */
function readThought(thought: unknown, depth: number): string {
  if (typeof thought === 'string') return thought;
  if (!Array.isArray(thought) || depth === DEEPEST) return '';
  return joinParts(thought, '', depth + 1).text;
}

const DEEPEST = 4;
