/** What the encoder must remember of a request. */
import type { DecodedRequest } from '../codec.ts';
import type { HiddenJsonTool } from '../openai/response-format.ts';
import type { ResponseEcho } from './response.ts';
import type { ClientToolName } from './tool-name.ts';

export interface ResponsesMemo {
  /** What a response repeats of its request. */
  readonly echo: ResponseEcho;
  /** `include` asks for `reasoning.encrypted_content`. */
  readonly includesSealedReasoning: boolean;
  /** What the client calls each of its tools, by the hub's name. */
  readonly toolNames: ReadonlyMap<string, ClientToolName>;
  /** The tool whose input is the answer; the client never hears of it. */
  readonly jsonTool: HiddenJsonTool | undefined;
}

export interface ResponsesDecodedRequest extends DecodedRequest {
  readonly memo: ResponsesMemo;
}
