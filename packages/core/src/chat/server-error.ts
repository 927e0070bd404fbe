import { isRecord, parseJson } from '../base/json.ts';

type Wire = Readonly<Record<string, unknown>>;

/** An error that a server reports, in any form, with the content of all its parts. */
export interface ServerError {
  /** All messages, the outermost first. */
  readonly text: string;
  /** All codes, types and statuses. */
  readonly codes: readonly string[];
  /** The field of the request that the server rejects. */
  readonly param: string | undefined;
  /** The text of the model that the server could not read. */
  readonly failedGeneration: string | undefined;
  /** The objects in the error, the outermost first. */
  readonly layers: readonly Wire[];
}

/** Reads the body of an error, or the error inside a response, parsed or as text. Never throws. */
export function readServerError(error: unknown): ServerError {
  const layers = listLayers(error);
  const messages = layers.length === 0 && typeof error === 'string' ? [error] : layers.flatMap(listMessages);
  const text = messages.join('\n').slice(0, MAX_TEXT);
  const named = layers.flatMap((layer) => CODES.map((name) => readCode(layer[name])));
  const codes = [...named, ...findQuotedCodes(text)].filter((code) => code !== undefined);
  return {
    text,
    codes: [...new Set(codes)],
    param: findFirstText(layers, 'param'),
    failedGeneration: readFailedGeneration(layers),
    layers,
  };
}

const MAX_TEXT = 8192;

/**
 * Lists the objects in an error. A gateway puts the error of the server behind it into one of its fields, as an object or as JSON in
 * a text.
 */
function listLayers(error: unknown): readonly Wire[] {
  const layers: Wire[] = [];
  let level: readonly unknown[] = [error];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const found = level.flatMap((value) => (Array.isArray(value) ? value.slice(0, MAX_LAYERS) : [value]));
    const records = found
      .map((value) => (typeof value === 'string' ? parseEmbeddedJson(value) : value))
      .filter(isRecord);
    layers.push(...records.slice(0, MAX_LAYERS - layers.length));
    if (layers.length === MAX_LAYERS) break;
    level = records.flatMap((record) => INNER.map((name) => record[name]).filter((value) => value !== undefined));
  }
  return layers;
}

const MAX_DEPTH = 6;
const MAX_LAYERS = 32;

/** Fields that can contain another error or its details. */
const INNER = [
  'error',
  'errors',
  'detail',
  'details',
  'message',
  'metadata',
  'raw',
  'headers',
  'innererror',
  'inner_error',
  'base_resp',
  'promptFeedback',
  'prompt_feedback',
];

/** Parses JSON in a text: the whole text, or the part after a gateway's own message. Other braces can be text of the model or the user. */
function parseEmbeddedJson(text: string): unknown {
  if (text.length > MAX_EMBEDDED) return undefined;
  const start = /^\s*[[{]/.test(text) ? 0 : text.indexOf('{"error"');
  if (start === -1) return undefined;
  const whole = parseJson(text.slice(start));
  const parsed = whole.ok ? whole : parseJson(text.slice(start, text.lastIndexOf('}') + 1));
  if (!parsed.ok) return undefined;
  return Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
}

const MAX_EMBEDDED = 256 * 1024;

function listMessages(layer: Wire): readonly string[] {
  const texts = MESSAGES.map((name) => layer[name]).filter((value): value is string => typeof value === 'string');
  return texts.filter((text) => text !== '');
}

const MESSAGES = ['message', 'msg', 'error', 'detail', 'status_msg', 'error_msg', 'error_message', 'raw', 'title'];

const CODES = [
  'code',
  'type',
  'status',
  'status_code',
  'error_code',
  'error_type',
  'reason',
  'blockReason',
  'block_reason',
];

function readCode(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}

/** Finds codes in a text that is not JSON: LiteLLM quotes an error in Python's notation, and a body can be cut off. */
function findQuotedCodes(text: string): readonly (string | undefined)[] {
  if (!text.includes('code')) return [];
  return Array.from(text.matchAll(/['"](?:code|type)\\?['"]:\s*\\?['"]([\w.-]{1,100})\\?['"]/g), ([, code]) => code);
}

/** Finds the first text. LiteLLM writes `None` if there is none. */
function findFirstText(layers: readonly Wire[], name: string): string | undefined {
  return layers.map((layer) => layer[name]).find((value): value is string => typeof value === 'string' && value !== '');
}

function readFailedGeneration(layers: readonly Wire[]): string | undefined {
  const generation = layers.map((layer) => layer['failed_generation']).find((value) => !isBlank(value));
  if (generation === undefined || typeof generation === 'string') return generation;
  return JSON.stringify(generation);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
