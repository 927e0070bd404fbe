// A chat without a framework over the routes of `useChat`. An application with React has `useChat` for all of this.
const CHAT = 'support';
const name = new URLSearchParams(location.search).get('as') ?? 'ada';
const headers = { authorization: `Bearer key-of-${name}`, 'content-type': 'application/json' };
const list = document.querySelector('#messages');
const status = document.querySelector('#status');
let messages = [];

document.querySelector('#name').textContent = name;
document.querySelector('#form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = new FormData(event.target).get('text');
  event.target.reset();
  messages.push({ id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] });
  draw();
  const body = JSON.stringify({ id: CHAT, messages, trigger: 'submit-message' });
  await follow(await fetch('/api/chat', { method: 'POST', headers, body }));
});
document.querySelector('#stop').addEventListener('click', () => {
  void fetch(`/api/chat/${CHAT}/stream`, { method: 'DELETE', headers });
});

void load();

/** Shows what the server has, and follows the run that is open. */
async function load() {
  const stored = await (await fetch(`/v1/conversations/${CHAT}?format=ui`, { headers })).json();
  messages = stored.messages;
  draw();
  if (stored.run === null) return;
  await follow(await fetch(`/api/chat/${CHAT}/stream`, { headers }));
}

/** Reads a stream of chunks. If the run waits for the team lead afterwards, looks again until it goes on. */
async function follow(response) {
  status.textContent = '';
  try {
    if (!response.ok) throw new Error((await response.json()).error.message);
    if (response.status !== 204) await readChunks(response.body, apply);
  } catch (error) {
    status.textContent = `${error.message} Trying again …`;
    setTimeout(() => load().catch(() => follow(Response.error())), 1_000);
    return;
  }
  if (messages.at(-1)?.parts.some(({ state }) => state === 'approval-requested')) setTimeout(load, 1_000);
}

async function readChunks(body, onChunk) {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: {')) onChunk(JSON.parse(line.slice(6)));
    draw();
  }
}

/** Applies a chunk to the message under way: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol */
function apply(chunk) {
  if (chunk.type === 'start') {
    messages = messages.filter(({ id }) => id !== chunk.messageId);
    messages.push({ id: chunk.messageId, role: 'assistant', parts: [] });
    return;
  }
  const { parts } = messages.at(-1);
  const tool = parts.findLast(({ toolCallId }) => toolCallId !== undefined && toolCallId === chunk.toolCallId);
  switch (chunk.type) {
    case 'start-step':
      return void parts.push({ type: 'step-start' });
    case 'reset-step':
      return void parts.splice(parts.findLastIndex(({ type }) => type === 'step-start') + 1);
    case 'text-start':
      return void parts.push({ type: 'text', text: '' });
    case 'text-delta':
      parts.findLast(({ type }) => type === 'text').text += chunk.delta;
      return;
    case 'tool-input-start':
    case 'tool-input-available':
      if (tool === undefined) parts.push({ ...chunk, type: 'dynamic-tool', state: 'input-available' });
      else Object.assign(tool, { input: chunk.input });
      return;
    case 'tool-approval-request':
      return void Object.assign(tool, { state: 'approval-requested', approval: chunk });
    case 'tool-output-available':
      return void Object.assign(tool, { state: 'output-available' });
    case 'tool-output-denied':
      return void Object.assign(tool, { state: 'output-denied' });
    case 'tool-output-error':
      return void Object.assign(tool, { state: 'output-error' });
    case 'error':
      status.textContent = chunk.errorText;
  }
}

const STATES = {
  'input-available': 'working …',
  'approval-requested': 'waits for the team lead',
  'output-available': 'done',
  'output-denied': 'denied',
  'output-error': 'failed',
};

function draw() {
  list.replaceChildren(
    ...messages.map(({ role, parts }) => {
      const item = document.createElement('li');
      item.className = role;
      for (const part of parts) {
        if (part.type !== 'text' && part.type !== 'dynamic-tool') continue;
        const element = document.createElement(part.type === 'text' ? 'p' : 'code');
        element.textContent =
          part.type === 'text' ? part.text : `${part.toolName}: ${STATES[part.state] ?? part.state}`;
        item.append(element);
      }
      return item;
    }),
  );
}
