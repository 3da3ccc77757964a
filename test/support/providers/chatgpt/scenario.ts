/** What a test wishes for. */
import { echo } from '../openai/plan.ts';
import type { Planner } from '../openai/plan.ts';
import type { FaultPlan } from '../server/fault.ts';
import type { PlanLimits } from './plan-limits.ts';
import type { BackendRefusal } from './refusals.ts';

/** `response.failed` in the midst of an answer. */
export interface Failure {
  /** Events that are sent before. */
  readonly afterFrames: number;
  readonly code: string;
  readonly message: string;
}

export interface ChatGptScenario {
  /** What the model says; repeats the last message by default. */
  readonly answer: Planner;
  /** `error` as an ending becomes `response.failed`. */
  readonly faults: FaultPlan;
  readonly refuse: BackendRefusal | null;
  /** The refusal is lifted after so many. */
  readonly refuseTimes: number;
  readonly failure: Failure | null;
  /** `null`: a calm plan. */
  readonly limits: PlanLimits | null;
  /** The limits are told in the stream as well. */
  readonly sendsLimitEvent: boolean;
  /** Thoughts are taken back only if they were given here. */
  readonly checksThoughts: boolean;
}

export const calmDay: ChatGptScenario = {
  answer: echo,
  faults: {},
  refuse: null,
  refuseTimes: Infinity,
  failure: null,
  limits: null,
  sendsLimitEvent: false,
  checksThoughts: true,
};
