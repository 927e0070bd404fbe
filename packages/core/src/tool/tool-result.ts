import { addBrand, hasBrand } from '../base/brand.ts';
import { ConfigError } from '../base/errors.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { pluralize, shorten, sliceWhole } from '../base/text.ts';
import { writeFilesNote } from '../chat/kept-parts.ts';
import type { UserPart } from '../chat/message.ts';
import { serialize } from './serialize.ts';

/** What the model reads of a finished call. */
export interface ToolResult {
  readonly content: string;
  /** The whole text, if `content` is only its beginning and end. */
  readonly fullContent?: string;
  /** Images and files. The model gets them in a user message after the turn's last result. */
  readonly parts?: readonly UserPart[];
  /** Set if the value is this text itself, although the text is valid JSON. */
  readonly isText?: true;
  /** The paths of values that have no exact JSON form. */
  readonly lossyPaths?: readonly string[];
}

/** A value that `contentParts()` creates, so that a tool can return images and files. */
class ContentParts {
  readonly list: readonly UserPart[];

  constructor(list: readonly UserPart[]) {
    this.list = list;
    addBrand(this, 'ContentParts');
  }

  static isInstance(value: unknown): value is ContentParts {
    return hasBrand(value, 'ContentParts');
  }
}

/**
 * Creates a tool value with images or files for the model: `return contentParts({ type: 'image_url', … })`. Accepts parts as arguments
 * or as one list.
 *
 * @throws ConfigError if a part is invalid, with its position. A server would refuse the whole conversation because of it.
 */
export function contentParts(...list: readonly UserPart[] | readonly [readonly UserPart[]]): unknown {
  const parts: readonly unknown[] = list.length === 1 && Array.isArray(list[0]) ? list[0] : list;
  return new ContentParts(parts.map(checkPart));
}

function checkPart(part: unknown, index: number): UserPart {
  if (isRecord(part) && typeof part['type'] === 'string') {
    const { type } = part;
    const isValid = Object.hasOwn(PART_FIELDS, type) ? PART_FIELDS[type] : undefined;
    // Other types are sent unchanged: a server may have part types of its own.
    if (isValid === undefined || isValid(part[type])) return part as unknown as UserPart; // Its type was checked.
  }
  const shown = Array.isArray(part) ? 'a list' : shorten(JSON.stringify(part) ?? String(part), 100);
  throw new ConfigError(
    `contentParts: part ${index + 1} is ${shown}. Pass parts of Chat Completions: { type: "text", text }, { type: "image_url", image_url: { url } }, { type: "input_audio", input_audio } or { type: "file", file }.`,
  );
}

/** Checks of the field that is named after the type of a part. */
const PART_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  image_url: (value) => isRecord(value) && typeof value['url'] === 'string',
  input_audio: isRecord,
  file: isRecord,
};

/** Converts any value to text of at most `maxLength` characters. @throws ConfigError `result.unreadable`, as `serialize` does. */
export function toResult(value: unknown, { maxLength }: { readonly maxLength: number }): ToolResult {
  if (!ContentParts.isInstance(value)) {
    const { text, lossy } = serialize(value);
    return {
      ...truncateResult(text, maxLength),
      ...markText(value),
      ...(lossy.length === 0 ? {} : { lossyPaths: lossy }),
    };
  }
  const text = value.list.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const others = value.list.filter((part) => part.type !== 'text');
  const content = text === '' && others.length > 0 ? writeFilesNote(others.length) : text;
  return { ...truncateResult(content, maxLength), ...(others.length === 0 ? {} : { parts: others }) };
}

/** Marks a text that is valid JSON, so that an event can tell the text `42` from the number. */
function markText(value: unknown): Pick<ToolResult, 'isText'> {
  return typeof value === 'string' && MAY_BE_JSON.test(value) && parseJson(value).ok ? { isText: true } : {};
}

/** A shortcut: JSON begins with one of these characters. */
const MAY_BE_JSON = /^\s*[[{"\-\dtfn]/;

/** Shortens a long text to its beginning and end, with a note about the omitted characters between them. */
export function truncateResult(text: string, maxLength: number): ToolResult {
  if (text.length <= maxLength) return { content: text };
  const head = sliceWhole(text, 0, Math.ceil((maxLength * 3) / 4));
  const tail = sliceWhole(text, text.length - Math.floor(maxLength / 4), text.length);
  const omitted = pluralize(text.length - head.length - tail.length, 'character');
  return { content: `${head}\n[… ${omitted} left out …]\n${tail}`, fullContent: text };
}
