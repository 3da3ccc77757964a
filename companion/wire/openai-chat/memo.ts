/** What the encoder must remember of a request. */
import type { DecodedRequest } from '../codec.ts';
import type { HiddenJsonTool } from '../openai/response-format.ts';

export interface ChatMemo {
  /** `stream_options.include_usage`. */
  readonly includesUsage: boolean;
  /** The client sent `functions` and expects `function_call` back. */
  readonly usesFunctions: boolean;
  /** Tools that take plain text: their calls are told as `custom` ones. */
  readonly freeformNames: ReadonlySet<string>;
  /** The tool whose input is the answer; the client never hears of it. */
  readonly jsonTool: HiddenJsonTool | undefined;
}

export interface ChatDecodedRequest extends DecodedRequest {
  readonly memo: ChatMemo;
}
