import { isRecord, parseJson } from '../base/json.ts';

type Wire = Readonly<Record<string, unknown>>;

/** An error that a server reports, in any form: what all of its parts say together. */
export interface ServerError {
  /** Every message in it, the outermost first. */
  readonly text: string;
  /** Every code, type and status in it. */
  readonly codes: readonly string[];
  /** The request's field that the server objects to. */
  readonly param: string | undefined;
  /** What the model wrote and the server could not read. */
  readonly failedGeneration: string | undefined;
  /** The objects that it consists of, the outermost first. */
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
 * The objects in which an error may say something. A gateway puts the error of the server behind it into a field of its own, as an object
 * or as JSON in a text.
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

/** Fields that hold an error, or more about it. */
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

/** JSON in a text: all of it, or behind a gateway's own words. Other braces in a message may be what the model or the user wrote. */
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

/** LiteLLM quotes the error behind it as Python writes it, and a body that was cut is no JSON. */
function findQuotedCodes(text: string): readonly (string | undefined)[] {
  if (!text.includes('code')) return [];
  return Array.from(text.matchAll(/['"](?:code|type)\\?['"]:\s*\\?['"]([\w.-]{1,100})\\?['"]/g), ([, code]) => code);
}

/** `None` is how LiteLLM writes that there is none. */
function findFirstText(layers: readonly Wire[], name: string): string | undefined {
  return layers.map((layer) => layer[name]).find((value): value is string => typeof value === 'string' && value !== '');
}

function readFailedGeneration(layers: readonly Wire[]): string | undefined {
  const given = layers.map((layer) => layer['failed_generation']).find((value) => !isBlank(value));
  if (given === undefined || typeof given === 'string') return given;
  return JSON.stringify(given);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
