/** How a client key stands, in words. Pure. */
import { type Message, message } from '../../../ui/message.ts';
import type { Tone } from '../../../ui/view/panel.ts';
import type { Budget, ClientKey } from '../data/client-keys.ts';

export interface KeyStanding {
  readonly word: Message;
  readonly tone: Tone;
}

export function standingOfKey({ isValid, revokedAtMs, expiresAtMs, ...key }: ClientKey): KeyStanding {
  if (revokedAtMs !== null) return { word: message('keyRevoked', { dateMs: revokedAtMs }), tone: 'off' };
  if (!isValid) return { word: message('keyExpired'), tone: 'off' };
  const isUsedUp = [key.requestBudget, key.tokenBudget].some((budget) => budget !== null && budget.left <= 0);
  if (isUsedUp) return { word: message('keyUsedUp'), tone: 'warn' };
  if (expiresAtMs === null) return { word: message('keyForever'), tone: 'ok' };
  return { word: message('keyUntil', { dateMs: expiresAtMs }), tone: 'ok' };
}

/** How much of it is used, in whole percent. */
export function budgetPercent({ limit, left }: Budget): number {
  if (limit <= 0) return 100;
  return Math.max(0, Math.min(100, Math.round(((limit - left) / limit) * 100)));
}
