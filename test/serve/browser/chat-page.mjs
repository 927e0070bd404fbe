// A page with `useChat` as an application has it: the messages of the server, `resume`, approvals, and a stop button.
import { createElement as h } from 'react';
import { createRoot } from 'react-dom/client';

/** Opens the chat that the address names, with `useChat` of one version of the SDK. */
export async function openChatPage({
  useChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
}) {
  const id = new URLSearchParams(location.search).get('chat') ?? 'chat';
  const transport = new DefaultChatTransport({ api: '/api/chat' });
  const stored = await (await fetch(`/v1/conversations/${id}?format=ui`)).json();

  function ChatPage() {
    const chat = useChat({
      id,
      messages: stored.messages ?? [],
      resume: true,
      transport,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    const send = (event) => {
      event.preventDefault();
      chat.sendMessage({ text: new FormData(event.target).get('text') });
      event.target.reset();
    };
    const stop = () => fetch(`/api/chat/${id}/stream`, { method: 'DELETE' });
    return h(
      'main',
      { 'data-status': chat.status },
      h(
        'ol',
        null,
        chat.messages.map((message) => h(Message, { key: message.id, message, answer: chat.addToolApprovalResponse })),
      ),
      h('form', { onSubmit: send }, h('input', { name: 'text' }), h('button', { type: 'submit' }, 'Send')),
      h('button', { type: 'button', onClick: stop }, 'Stop'),
      chat.error && h('p', { role: 'alert' }, chat.error.message),
    );
  }
  createRoot(document.getElementById('root')).render(h(ChatPage));
}

function Message({ message, answer }) {
  const parts = message.parts.map((part, index) => h(Part, { key: index, part, answer }));
  return h('li', { 'data-id': message.id }, `${message.role}:`, parts);
}

function Part({ part, answer }) {
  if (part.type === 'text') return h('span', null, ` ${part.text}`);
  if (part.type !== 'dynamic-tool') return null;
  const buttons =
    part.state === 'approval-requested'
      ? [true, false].map((approved) =>
          h(
            'button',
            { type: 'button', key: approved, onClick: () => answer({ id: part.approval.id, approved }) },
            approved ? 'Approve' : 'Deny',
          ),
        )
      : null;
  return h('span', null, ` [${part.toolName} ${part.state}]`, buttons);
}
