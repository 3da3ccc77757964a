import type { CompanionStatus } from '../../shared/status.ts';
import { type Message, message } from './message.ts';
import { providerLabel } from './provider-label.ts';

/** The API keys of one provider. */
export interface KeysView {
  readonly id: string;
  readonly provider: string;
  /** `3 keys, 2 ready` */
  readonly figure: Message;
  readonly areAllReady: boolean;
}

type Companion = Pick<CompanionStatus, 'keys'>;

/** One row for each provider that has keys; none for a companion without any, or one that knows none. */
export function keysViews({ keys = [] }: Companion): readonly KeysView[] {
  return keys
    .filter(({ count }) => count > 0)
    .map(({ provider, count, healthy }) => ({
      id: provider,
      provider: providerLabel(provider),
      figure: figureOf(count, healthy),
      areAllReady: healthy >= count,
    }));
}

/** That API keys serve whatever becomes of a session; `null` when none is ready to. */
export function keysServeMessage(companion: Companion | null): Message | null {
  const ready = (companion?.keys ?? []).reduce((sum, { healthy }) => sum + healthy, 0);
  if (ready === 0) return null;
  return ready === 1 ? message('keysServeOne') : message('keysServeOther', String(ready));
}

function figureOf(count: number, ready: number): Message {
  if (count === 1) return message(ready === 1 ? 'keysOneReady' : 'keysOneResting');
  if (ready >= count) return message('keysAllReady', String(count));
  return ready === 0 ? message('keysNoneReady', String(count)) : message('keysSomeReady', String(count), String(ready));
}
