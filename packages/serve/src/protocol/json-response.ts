const texts = new WeakMap<Response, string>();

/** Creates a response of JSON, whose text a listener can send without reading the body's stream. */
export function createJsonResponse(
  value: unknown,
  init: Pick<ResponseInit, 'status'> & { headers?: Readonly<Record<string, string>> } = {},
): Response {
  const text = JSON.stringify(value);
  const response = new Response(text, { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
  texts.set(response, text);
  return response;
}

/** Returns the text of a response that `createJsonResponse` made; `undefined` for any other. */
export function getResponseText(response: Response): string | undefined {
  return texts.get(response);
}
