import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai';
import { openChatPage } from './chat-page.mjs';

await openChatPage({ useChat, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses });
