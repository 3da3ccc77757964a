/** What a test wishes for. */
import type { FaultPlan } from '../server/fault.ts';
import { echo } from './plan.ts';
import type { Planner } from './plan.ts';
import type { PolicyRefusal } from './policy.ts';

export interface AnthropicScenario {
  /** What the model says; repeats the last message by default. */
  readonly answer: Planner;
  readonly faults: FaultPlan;
  /** Thinking blocks are taken back only with a signature of a stand-in (`signThinking`). */
  readonly checksSignatures: boolean;
  /** Reads of a batch that still find it at work. */
  readonly batchPolls: number;
  /** Why tokens of subscriptions are turned away, as if the provider did not like who uses them. */
  readonly policy: PolicyRefusal | null;
}

export const calmDay: AnthropicScenario = {
  answer: echo,
  faults: {},
  checksSignatures: true,
  batchPolls: 1,
  policy: null,
};
