/** What the companion tells of by itself, in the words of `notifications.events`. */
export const newsKinds = [
  'quota-low',
  'quota-exhausted',
  'quota-rotated',
  'quota-reset',
  'login-refresh-failed',
  'login-expired',
  'session-expired',
  'key-rejected',
] as const;

export type NewsKind = (typeof newsKinds)[number];
