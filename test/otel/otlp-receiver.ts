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
  /** The names of its events. */
  readonly events: readonly string[];
}

/** A point of a metric as it came over the wire. */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of a counter its sum, of a histogram what was recorded in all. */
  readonly value: number;
  /** Of a histogram. */
  readonly boundaries?: readonly number[];
}

export interface OtlpReceiver {
  /** For traces. */
  readonly url: string;
  readonly metricsUrl: string;
  readonly spans: readonly ReceivedSpan[];
  readonly points: readonly ReceivedPoint[];
  close(): Promise<void>;
}

/** Receives traces and metrics by OTLP/HTTP, as collectors do. */
export async function receiveOtlp(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const points: ReceivedPoint[] = [];
  // By hand: it is a collector, not a model server.
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isJson = request.headers['content-type']?.includes('json') === true;
    if (request.url === '/v1/metrics') points.push(...(isJson ? readJsonMetrics(body.toString()) : readMetrics(body)));
    else spans.push(...(isJson ? readJson(body.toString()) : readProtobuf(body)));
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' }).end(isJson ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    metricsUrl: `http://127.0.0.1:${port}/v1/metrics`,
    spans,
    points,
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

interface JsonAttributes {
  readonly attributes?: readonly { readonly key: string; readonly value: JsonValue }[];
}

interface JsonSpan extends Omit<ReceivedSpan, 'attributes' | 'events' | 'links' | 'parentSpanId'> {
  readonly parentSpanId?: string;
  readonly attributes?: JsonAttributes['attributes'];
  readonly links?: ReceivedSpan['links'];
  readonly events?: readonly { readonly name: string }[];
}

interface JsonTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[] }[];
}

function readJson(text: string): readonly ReceivedSpan[] {
  const { resourceSpans }: JsonTraces = JSON.parse(text);
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans);
  return all.map(({ traceId, spanId, parentSpanId = '', name, attributes = [], links = [], events = [] }) => ({
    traceId,
    spanId,
    parentSpanId,
    name,
    attributes: readJsonAttributes({ attributes }),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    events: events.map((event) => event.name),
  }));
}

function readJsonAttributes({ attributes = [] }: JsonAttributes): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readJsonValue(value)]));
}

interface JsonMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: {
    readonly dataPoints: readonly (JsonAttributes & { readonly asInt?: string | number; readonly asDouble?: number })[];
  };
  readonly histogram?: {
    readonly dataPoints: readonly (JsonAttributes & {
      readonly sum: number;
      readonly explicitBounds: readonly number[];
    })[];
  };
}

interface JsonMetrics {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly JsonMetric[] }[];
  }[];
}

function readJsonMetrics(text: string): readonly ReceivedPoint[] {
  const { resourceMetrics }: JsonMetrics = JSON.parse(text);
  const all = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics);
  return all.flatMap(({ name, unit, sum, histogram }) => [
    ...(sum?.dataPoints ?? []).map((point) => {
      return { name, unit, attributes: readJsonAttributes(point), value: Number(point.asInt ?? point.asDouble) };
    }),
    ...(histogram?.dataPoints ?? []).map((point) => {
      const { sum: value, explicitBounds: boundaries } = point;
      return { name, unit, attributes: readJsonAttributes(point), value, boundaries };
    }),
  ]);
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
      attributes: readAttributes(span, 9),
      links: messagesIn(span, 13).map((link) => ({ traceId: hexIn(link, 1), spanId: hexIn(link, 2) })),
      events: messagesIn(span, 11).map((event) => textIn(event, 2)),
    }));
}

function readAttributes(fields: Fields, number: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    messagesIn(fields, number).map((attribute) => {
      const [value] = messagesIn(attribute, 2);
      return [textIn(attribute, 1), value && readValue(value)];
    }),
  );
}

// The numbers are those of opentelemetry/proto/metrics/v1/metrics.proto.
function readMetrics(body: Buffer): readonly ReceivedPoint[] {
  const resources = messagesIn(readFields(body), 1);
  const metrics = resources.flatMap((resource) => messagesIn(resource, 2)).flatMap((scope) => messagesIn(scope, 2));
  return metrics.flatMap((metric) => {
    const known = { name: textIn(metric, 1), unit: textIn(metric, 3) };
    const sums = messagesIn(metric, 7).flatMap((sum) => messagesIn(sum, 1));
    const histograms = messagesIn(metric, 9).flatMap((histogram) => messagesIn(histogram, 1));
    return [
      ...sums.map((point) => {
        const integer = bytesIn(point, 6);
        const value = integer.length > 0 ? Number(integer.readBigInt64LE()) : bytesIn(point, 4).readDoubleLE();
        return { ...known, attributes: readAttributes(point, 7), value };
      }),
      ...histograms.map((point) => {
        const bounds = bytesIn(point, 7);
        const boundaries = Array.from({ length: bounds.length / 8 }, (_, index) => bounds.readDoubleLE(index * 8));
        return { ...known, attributes: readAttributes(point, 9), value: bytesIn(point, 5).readDoubleLE(), boundaries };
      }),
    ];
  });
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

function bytesIn(fields: Fields, number: number): Buffer {
  const [value] = fields.get(number) ?? [];
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function hexIn(fields: Fields, number: number): string {
  return bytesIn(fields, number).toString('hex');
}

function textIn(fields: Fields, number: number): string {
  return bytesIn(fields, number).toString();
}
