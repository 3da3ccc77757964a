import type { QuotaWindow } from '../../shared/quota.ts';
import { cleanLabel } from './label.ts';
import { levelOfPercent, type MeterLevel } from './meter.tsx';
import { type Message, message } from './message.ts';

export interface QuotaView {
  readonly id: string;
  readonly label: Message | string;
  /** 0 to 100 for the bar; `null` when the provider tells only a status. */
  readonly percent: number | null;
  readonly level: MeterLevel;
  /** `42% used · resets 16:40` */
  readonly figure: Message;
  /** Source and age: `from claude.ai, 12 s ago`. */
  readonly source: Message;
}

/** The windows in the order a person meets them: shortest first, those of one model after those of all, extras last. */
export function quotaViews(quotas: readonly QuotaWindow[], nowMs: number): readonly QuotaView[] {
  return quotas
    .toSorted((left, right) => rank(left.window) - rank(right.window))
    .map((quota) => quotaView(quota, nowMs));
}

/** The source line that all windows share, to be written once beneath them; `undefined` when they differ. */
export function commonSource(quotas: readonly QuotaWindow[]): Message | undefined {
  const [first] = quotas;
  if (first === undefined) return undefined;
  const newest = Math.max(...quotas.map((quota) => quota.observedAtMs));
  const oldest = Math.min(...quotas.map((quota) => quota.observedAtMs));
  const isShared = quotas.every((quota) => quota.source === first.source) && newest - oldest < 60_000;
  return isShared ? message('quotaFigures', sourceMessage({ ...first, observedAtMs: oldest })) : undefined;
}

function quotaView(quota: QuotaWindow, nowMs: number): QuotaView {
  const hasReset = quota.resetsAtMs !== null && quota.resetsAtMs <= nowMs;
  return {
    id: `${quota.window}:${quota.model ?? ''}`,
    label: labelOf(quota),
    percent: hasReset ? 0 : percentOf(quota),
    level: hasReset ? 'normal' : levelOf(quota),
    figure: figureOf(quota, hasReset),
    source: sourceMessage(quota),
  };
}

function percentOf(quota: QuotaWindow): number | null {
  if (quota.usedFraction === null) return null;
  return Math.min(100, Math.round(quota.usedFraction * 100));
}

function levelOf(quota: QuotaWindow): MeterLevel {
  const level = levelOfPercent(percentOf(quota) ?? 0);
  if (quota.status === 'exceeded') return 'full';
  return quota.status === 'warning' && level === 'normal' ? 'high' : level;
}

function figureOf(quota: QuotaWindow, hasReset: boolean): Message {
  if (hasReset) return message('quotaHasReset');
  const used = usedMessage(quota);
  return quota.resetsAtMs === null ? used : message('quotaUsedResets', used, { momentMs: quota.resetsAtMs });
}

function usedMessage(quota: QuotaWindow): Message {
  if (quota.usedFraction !== null) return message('quotaUsed', String(Math.round(quota.usedFraction * 100)));
  switch (quota.status) {
    case 'allowed':
      return message('quotaAllowed');
    case 'warning':
      return message('quotaWarning');
    case 'exceeded':
      return message('quotaExceeded');
  }
}

function sourceMessage(quota: QuotaWindow): Message {
  const age = { agoFromMs: quota.observedAtMs };
  switch (quota.source) {
    case 'stream':
    case 'headers':
      return message('quotaFromStream', age);
    case 'usage-endpoint':
      return message('quotaFromUsage', age);
    case 'error':
      return message('quotaFromError', age);
  }
}

function labelOf(quota: QuotaWindow): Message | string {
  if (quota.window === 'five_hour') return message('windowFiveHour');
  if (quota.window === 'seven_day') return quota.model === undefined ? message('windowSevenDay') : weekOf(quota.model);
  if (quota.window.startsWith('seven_day_')) return weekOf(inTitleCase(quota.window.slice('seven_day_'.length)));
  if (quota.window === 'overage') return message('windowOverage');
  const name = inTitleCase(cleanLabel(quota.window, 40));
  return name === '' ? message('windowUnknown') : name;
}

function weekOf(model: string): Message {
  return message('windowSevenDayModel', cleanLabel(model, 40));
}

function inTitleCase(identifier: string): string {
  const words = identifier.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function rank(window: string): number {
  if (window === 'five_hour') return 0;
  if (window === 'seven_day') return 1;
  if (window.startsWith('seven_day_')) return 2;
  return window === 'overage' ? 4 : 3;
}
