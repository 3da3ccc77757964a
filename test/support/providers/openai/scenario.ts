/** What a test wishes for. */
import type { FaultPlan } from '../server/fault.ts';
import { echo } from './plan.ts';
import type { Planner } from './plan.ts';

export interface OpenAiScenario {
  /** What the model says; repeats the last message by default. */
  readonly answer: Planner;
  readonly faults: FaultPlan;
  /** DeepSeek under load: comments and blank lines before the first chunk. */
  readonly keepAliveComments: number;
  /** Chat streams: some random text on each chunk, as OpenAI adds against eavesdroppers. */
  readonly hasObfuscation: boolean;
}

export const calmDay: OpenAiScenario = { answer: echo, faults: {}, keepAliveComments: 0, hasObfuscation: false };
