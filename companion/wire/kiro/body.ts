/** The body of `generateAssistantResponse`, as far as it is filled in here. */
import type { JsonObject } from '../hub/fields.ts';

export interface KiroImage {
  readonly format: 'png' | 'jpeg' | 'gif' | 'webp';
  readonly source: { readonly bytes: string };
}

export interface KiroToolResult {
  readonly toolUseId: string;
  readonly content: readonly { readonly text: string }[];
  readonly status: 'success' | 'error';
}

export interface KiroTool {
  readonly toolSpecification: {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: { readonly json: JsonObject };
  };
}

export interface KiroContext {
  readonly tools?: readonly KiroTool[];
  readonly toolResults?: readonly KiroToolResult[];
}

export interface KiroUserMessage {
  readonly content: string;
  readonly modelId: string;
  readonly origin: string;
  readonly images?: readonly KiroImage[];
  readonly userInputMessageContext?: KiroContext;
}

export interface KiroToolUse {
  readonly toolUseId: string;
  readonly name: string;
  readonly input: JsonObject;
}

export interface KiroAssistantMessage {
  readonly content: string;
  readonly toolUses?: readonly KiroToolUse[];
}

export type KiroTurn =
  | { readonly userInputMessage: KiroUserMessage }
  | { readonly assistantResponseMessage: KiroAssistantMessage };

export interface KiroBody {
  /** Of an organisation's plan. */
  readonly profileArn?: string;
  readonly conversationState: {
    readonly conversationId: string;
    readonly chatTriggerType: string;
    readonly currentMessage: { readonly userInputMessage: KiroUserMessage };
    /** User and assistant in turn, the user first and the assistant last. */
    readonly history: readonly KiroTurn[];
  };
}
