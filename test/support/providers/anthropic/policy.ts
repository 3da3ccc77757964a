/** Refusals of a subscription's token that are no trouble of the token: the provider's policy, in its words. */
import { Refusal } from './errors.ts';

export type PolicyRefusal =
  /** As it was seen: 400. */
  | { readonly kind: 'claude-code-only'; readonly status?: 400 | 403 }
  | { readonly kind: 'organisation' }
  | { readonly kind: 'extra-usage' }
  | { readonly kind: 'other'; readonly status: number; readonly type: string; readonly message: string };

export function refuseByPolicy(policy: PolicyRefusal): Refusal {
  switch (policy.kind) {
    case 'claude-code-only':
      return new Refusal(
        policy.status ?? 400,
        'This credential is only authorized for use with Claude Code and cannot be used for other API requests.',
      );
    case 'organisation':
      return new Refusal(403, 'OAuth authentication is currently not allowed for this organization.');
    case 'extra-usage':
      return new Refusal(
        400,
        'Third-party apps now draw from your extra usage, not your plan limits. Add more at claude.ai/settings/usage and keep going.',
      );
    case 'other':
      return new Refusal(policy.status, policy.message, { type: policy.type });
  }
}
