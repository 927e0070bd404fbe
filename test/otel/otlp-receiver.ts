import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire, from JSON or protobuf. Ids are in hexadecimal. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  close(): Promise<void>;
}

/** Receives traces by OTLP/HTTP, as collectors do. */
export async function receiveOtlp(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  // By hand: it is a collector of traces, not a model server.
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isJson = request.headers['content-type']?.includes('json') === true;
    spans.push(...(isJson ? readJson(body.toString()) : readProtobuf(body)));
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' }).end(isJson ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface JsonValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly JsonValue[] };
}

interface JsonSpan extends Omit<ReceivedSpan, 'attributes' | 'links' | 'parentSpanId'> {
  readonly parentSpanId?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: JsonValue }[];
  readonly links?: ReceivedSpan['links'];
}

interface JsonTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[] }[];
}

function readJson(text: string): readonly ReceivedSpan[] {
  const { resourceSpans }: JsonTraces = JSON.parse(text);
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans);
  return all.map(({ traceId, spanId, parentSpanId = '', name, attributes = [], links = [] }) => ({
    traceId,
    spanId,
    parentSpanId,
    name,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, readJsonValue(value)])),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
  }));
}

function readJsonValue(value: JsonValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(readJsonValue);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

/** The fields of a protobuf message by their numbers, in order. */
type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

// The numbers are those of opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.
function readProtobuf(body: Buffer): readonly ReceivedSpan[] {
  const resources = messagesIn(readFields(body), 1);
  const scopes = resources.flatMap((resource) => messagesIn(resource, 2));
  return scopes
    .flatMap((scope) => messagesIn(scope, 2))
    .map((span) => ({
      traceId: hexIn(span, 1),
      spanId: hexIn(span, 2),
      parentSpanId: hexIn(span, 4),
      name: textIn(span, 5),
      attributes: Object.fromEntries(
        messagesIn(span, 9).map((attribute) => {
          const [value] = messagesIn(attribute, 2);
          return [textIn(attribute, 1), value && readValue(value)];
        }),
      ),
      links: messagesIn(span, 13).map((link) => ({ traceId: hexIn(link, 1), spanId: hexIn(link, 2) })),
    }));
}

function readValue(value: Fields): unknown {
  const [array] = messagesIn(value, 5);
  if (array !== undefined) return messagesIn(array, 1).map(readValue);
  if (value.has(1)) return textIn(value, 1);
  if (value.has(2)) return value.get(2)?.[0] === 1n;
  if (value.has(3)) return Number(value.get(3)?.[0]);
  const [double] = value.get(4) ?? [];
  return Buffer.isBuffer(double) ? double.readDoubleLE() : undefined;
}

function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const readBytes = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const wireType = tag & 7;
    const value =
      wireType === 0 ? readVarint() : readBytes(wireType === 1 ? 8 : wireType === 5 ? 4 : Number(readVarint()));
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

function messagesIn(fields: Fields, number: number): readonly Fields[] {
  return (fields.get(number) ?? []).flatMap((value) => (Buffer.isBuffer(value) ? [readFields(value)] : []));
}

function hexIn(fields: Fields, number: number): string {
  const [value] = fields.get(number) ?? [];
  return Buffer.isBuffer(value) ? value.toString('hex') : '';
}

function textIn(fields: Fields, number: number): string {
  const [value] = fields.get(number) ?? [];
  return Buffer.isBuffer(value) ? value.toString() : '';
}
