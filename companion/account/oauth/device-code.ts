/** A provider's answer with a code, held to what a page and a clock can take. */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import type { DeviceCode } from './device-desk-contract.ts';

/** Whatever the provider calls them; times in seconds. */
export interface DeviceCodeFields {
  readonly deviceCode: unknown;
  readonly userCode: unknown;
  readonly verificationUri: unknown;
  readonly verificationUriComplete: unknown;
  readonly expiresIn: unknown;
  readonly interval: unknown;
}

/** RFC 8628 3.2. */
const usualIntervalMs = 5000;
/** A code that lasts no time at all, or for ever, is a mistake. */
const usualLifeMs = 15 * 60_000;
const longestLifeMs = 60 * 60_000;
const shortestIntervalMs = 20;

/** Errors: `UPSTREAM_UNREADABLE`. An address that a browser must not be sent to is none. */
export function readDeviceCode(
  who: string,
  fields: DeviceCodeFields,
): Omit<DeviceCode, 'poll'> & { readonly deviceCode: Secret } {
  const deviceCode = textIn(fields.deviceCode, 4000);
  const userCode = textIn(fields.userCode, 40);
  const verificationUri = pageIn(fields.verificationUri);
  if (deviceCode === undefined || userCode === undefined || verificationUri === null) {
    throw new CompanionError('UPSTREAM_UNREADABLE', `${who} answered without a code.`);
  }
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    verificationUriComplete: pageIn(fields.verificationUriComplete),
    lastsMs: Math.min(millisecondsIn(fields.expiresIn) ?? usualLifeMs, longestLifeMs),
    intervalMs: Math.max(millisecondsIn(fields.interval) ?? usualIntervalMs, shortestIntervalMs),
  };
}

function textIn(value: unknown, longest: number): string | undefined {
  const isText = typeof value === 'string' && value.length <= longest && /^[\x21-\x7e]+$/.test(value);
  return isText ? value : undefined;
}

/** Plain http is for stand-ins on this computer. */
function pageIn(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 1000 || !URL.canParse(value)) return null;
  const { protocol, hostname, username, password, href } = new URL(value);
  const isHere = hostname === '127.0.0.1' || hostname === 'localhost';
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isHere);
  return isSafe && username === '' && password === '' ? href : null;
}

function millisecondsIn(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value * 1000) : undefined;
}
