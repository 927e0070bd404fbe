import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai-6';
import { useChat } from 'ai-sdk-react-3';
import { openChatPage } from './chat-page.mjs';

await openChatPage({ useChat, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses });
