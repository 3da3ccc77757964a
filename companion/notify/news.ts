/** One thing that the person may want to hear of, wherever they are. */
import type { NewsKind } from '../config/news-kinds.ts';

export interface News {
  /** `test`: somebody tries whether news arrive. */
  readonly kind: NewsKind | 'test';
  /** Without a full stop: `Limit used up: OpenAI key work`. */
  readonly title: string;
  /** What it means and what to do, in whole sentences. Names and figures, never a secret. */
  readonly text: string;
  /** Id of the provider; `null` where it is of none. */
  readonly provider: string | null;
  /** Id of the key, login or session. */
  readonly credential: string | null;
}

/** How one way of telling stands after a try. */
export interface SinkReport {
  readonly sink: 'log' | 'webhook' | 'desktop';
  /** `off`: not set up. `nobody`: no browser is there to show it. */
  readonly outcome: 'sent' | 'failed' | 'off' | 'nobody';
  /** For a person: why, or what to set. */
  readonly detail: string;
}
