/** The response object: what it repeats of its request, and what is added as the answer grows. */
import type OpenAI from 'openai';
import type { ResponsesRequest } from './request-schema.ts';
import type { OutputItem } from './output-item.ts';

type SdkResponse = OpenAI.Responses.Response;

/** The SDK computes `output_text`, and types neither the absence of usage nor `store`. */
export type ResponseObject = Omit<SdkResponse, 'output_text' | 'output' | 'usage' | 'error' | 'user'> & {
  readonly output: readonly OutputItem[];
  readonly usage: OpenAI.Responses.ResponseUsage | null;
  readonly error: ResponseFailure | null;
  readonly store: false;
  readonly user: string | null;
};

/** Clients know more codes than the SDK lists. */
export interface ResponseFailure {
  readonly code: string;
  readonly message: string;
}

/** All that is the same in every state of one response but for its id, time and model. */
export type ResponseEcho = Omit<
  ResponseObject,
  | 'id'
  | 'object'
  | 'created_at'
  | 'completed_at'
  | 'model'
  | 'status'
  | 'output'
  | 'usage'
  | 'error'
  | 'incomplete_details'
>;

export type ResponseHead = ResponseEcho & Pick<ResponseObject, 'id' | 'object' | 'created_at' | 'model'>;

export type ResponseProgress = Pick<ResponseObject, 'status'> &
  Partial<Pick<ResponseObject, 'output' | 'usage' | 'error' | 'incomplete_details'>>;

/** What the API repeats, with its defaults for what the client left out; `store` is what is true here. */
export function echoRequest(request: ResponsesRequest): ResponseEcho {
  const asked = request as ResponsesRequest & Partial<OpenAI.Responses.ResponseCreateParams>;
  return {
    access_programs: null,
    background: false,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    metadata: asked.metadata ?? {},
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    reasoning: { effort: asked.reasoning?.effort ?? null, summary: askedSummary(request) },
    safety_identifier: asked.safety_identifier ?? null,
    service_tier: 'default',
    store: false,
    temperature: asked.temperature ?? 1,
    text: { ...asked.text, format: asked.text?.format ?? { type: 'text' } } as SdkResponse['text'] & object,
    tool_choice: (asked.tool_choice ?? 'auto') as SdkResponse['tool_choice'],
    tools: (asked.tools ?? []) as SdkResponse['tools'],
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? 1,
    truncation: 'disabled',
    user: asked.user ?? null,
  };
}

/** How the client wants to read the thinking; the older name counts too. */
export function askedSummary({ reasoning }: ResponsesRequest): 'auto' | 'concise' | 'detailed' | null {
  const summary = reasoning?.summary ?? reasoning?.generate_summary ?? null;
  return summary === 'none' ? null : summary;
}

export function responseObject(head: ResponseHead, progress: ResponseProgress): ResponseObject {
  return {
    ...head,
    completed_at: null,
    output: [],
    usage: null,
    error: null,
    incomplete_details: null,
    ...progress,
  };
}

/** `resp_` and the message's id without its own prefix, or the stamp's where it has none. */
export function responseId(messageId: string, stampId: string): string {
  return `resp_${messageId.replace(/^msg_/, '') || stampId}`;
}
