import { addBrand, hasBrand } from '../base/brand.ts';
import { ConfigError } from '../base/errors.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { pluralize, shorten, sliceWhole } from '../base/text.ts';
import type { UserPart } from '../chat/message.ts';
import { serialise } from './serialise.ts';

/** What the model reads of a call that ran. */
export interface ToolResult {
  readonly content: string;
  /** The whole text, where `content` is only its head and tail. */
  readonly fullContent?: string;
  /** Images and files; they go to the model in a user message after the turn's last result. */
  readonly parts?: readonly UserPart[];
  /** The value is this very text, although it reads as JSON. */
  readonly isText?: true;
  /** The paths in the value that have no exact JSON form. */
  readonly lossyPaths?: readonly string[];
}

/** A value made of parts, so that a tool can give images and files. Made by `parts()`. */
class Parts {
  readonly list: readonly UserPart[];

  constructor(list: readonly UserPart[]) {
    this.list = list;
    addBrand(this, 'ContentParts');
  }

  static isInstance(value: unknown): value is Parts {
    return hasBrand(value, 'ContentParts');
  }
}

/**
 * What a tool returns to show the model images or files: `return parts({ type: 'image_url', … })`. Takes parts one by one, or as a list.
 *
 * @throws ConfigError for what is no part, naming its position: the server would refuse the whole conversation for it.
 */
export function contentParts(...list: readonly UserPart[] | readonly [readonly UserPart[]]): unknown {
  const given: readonly unknown[] = list.length === 1 && Array.isArray(list[0]) ? list[0] : list;
  return new Parts(given.map(checkedPart));
}

function checkedPart(part: unknown, index: number): UserPart {
  if (isRecord(part) && typeof part['type'] === 'string') {
    const { type } = part;
    const holds = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
    // A type that only some servers know goes out as it is.
    if (holds === undefined || holds(part[type])) return part as unknown as UserPart; // By its type.
  }
  const shown = Array.isArray(part) ? 'a list' : shorten(JSON.stringify(part) ?? String(part), 100);
  throw new ConfigError(
    `parts: part ${index + 1} is ${shown}. Pass parts of Chat Completions: { type: "text", text }, { type: "image_url", image_url: { url } }, { type: "input_audio", input_audio } or { type: "file", file }.`,
  );
}

/** What stands in the field that has the name of a part's type. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  image_url: (value) => isRecord(value) && typeof value['url'] === 'string',
  input_audio: isRecord,
  file: isRecord,
};

/** Any value as bounded text. @throws ConfigError `result.unreadable` for what was returned by mistake. */
export function toResult(value: unknown, { maxLength }: { readonly maxLength: number }): ToolResult {
  if (!Parts.isInstance(value)) {
    const { text, lossy } = serialise(value);
    return { ...bounded(text, maxLength), ...textMark(value), ...(lossy.length === 0 ? {} : { lossyPaths: lossy }) };
  }
  const text = value.list.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const others = value.list.filter((part) => part.type !== 'text');
  const content = text === '' && others.length > 0 ? `${pluralize(others.length, 'file')} in the next message.` : text;
  return { ...bounded(content, maxLength), ...(others.length === 0 ? {} : { parts: others }) };
}

/** Without it an event could not tell the text `42` from the number. Most texts show by their first character that they are no JSON. */
function textMark(value: unknown): Pick<ToolResult, 'isText'> {
  return typeof value === 'string' && MAY_BE_JSON.test(value) && parseJson(value).ok ? { isText: true } : {};
}

const MAY_BE_JSON = /^\s*[[{"\-\dtfn]/;

/** Head and tail of a text that is too long, and between them what was left out. */
export function bounded(text: string, maxLength: number): ToolResult {
  if (text.length <= maxLength) return { content: text };
  const head = sliceWhole(text, 0, Math.ceil((maxLength * 3) / 4));
  const tail = sliceWhole(text, text.length - Math.floor(maxLength / 4), text.length);
  const left = pluralize(text.length - head.length - tail.length, 'character');
  return { content: `${head}\n[… ${left} left out …]\n${tail}`, fullContent: text };
}
