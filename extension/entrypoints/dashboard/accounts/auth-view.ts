/** How a credential stands, in words. Pure. */
import { cleanLabel } from '../../../ui/label.ts';
import { type Message, message } from '../../../ui/message.ts';
import type { Tone } from '../../../ui/view/panel.ts';
import type { Auth } from '../data/auths.ts';

export interface AuthStanding {
  readonly word: Message | string;
  readonly tone: Tone;
}

export function statusOf({ status, untilMs }: Auth): AuthStanding {
  switch (status) {
    case 'active':
      return { word: message('authActive'), tone: 'ok' };
    case 'cooling':
      return untilMs === null
        ? { word: message('authCooling'), tone: 'warn' }
        : { word: message('authCoolingUntil', { momentMs: untilMs }), tone: 'warn' };
    case 'exhausted':
      return { word: message('authExhausted'), tone: 'warn' };
    case 'off':
      return { word: message('authOff'), tone: 'off' };
    case 'expired':
      return { word: message('authExpired'), tone: 'warn' };
    case 'dead':
      return { word: message('authDead'), tone: 'bad' };
    case 'rejected':
      return { word: message('authRejected'), tone: 'bad' };
    default:
      return { word: cleanLabel(status, 40) || message('authUnknown'), tone: 'warn' };
  }
}

/** How full an own limit is, in whole percent; `null` where there is none. */
export function limitPercent({ quota }: Auth): number | null {
  if (quota === null || quota.limit === null || quota.limit <= 0) return null;
  return Math.min(100, Math.round((quota.used / quota.limit) * 100));
}

/** Where a credential stands, for the foot of its card. */
export function sourceWords(source: string): Message | string {
  switch (source) {
    case 'vault':
      return message('sourceVault');
    case 'environment':
      return message('sourceEnvironment');
    case 'config':
      return message('sourceConfig');
    default:
      return cleanLabel(source, 60);
  }
}
