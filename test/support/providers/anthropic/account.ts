/** Whose subscription it is, in the shapes that the account endpoints tell it. */
import type { UnifiedLimits } from './keys.ts';

export interface ClaudeAccount {
  readonly email: string;
  readonly uuid: string;
  readonly fullName: string;
  readonly displayName: string;
  readonly hasMax: boolean;
  readonly hasPro: boolean;
  readonly organisation: ClaudeOrganisation;
  /** What the headers of an answer say; a calm week without it. */
  readonly unified?: Partial<UnifiedLimits>;
}

export interface ClaudeOrganisation {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly rateLimitTier: string;
  readonly seatTier: string | null;
}

/** The same person as on the stand-in of claude.ai: a Pro plan. */
export const mary: ClaudeAccount = {
  email: 'mary@example.com',
  uuid: '1f0c7d34-9a55-4d1e-8f2b-6c3a7e9b0d11',
  fullName: 'Mary Example',
  displayName: 'Mary',
  hasMax: false,
  hasPro: true,
  organisation: {
    uuid: '7d2f4b60-1e8a-4f7b-b0c9-3a5e6d7c8b02',
    name: "mary@example.com's Organization",
    type: 'claude_pro',
    rateLimitTier: 'default_claude_ai',
    seatTier: null,
  },
};

export const bob: ClaudeAccount = {
  email: 'bob@example.com',
  uuid: '5a9e1c72-4b3d-4f80-a6d7-2e8f0b1c3d22',
  fullName: 'Bob Example',
  displayName: 'Bob',
  hasMax: true,
  hasPro: false,
  organisation: {
    uuid: '3c5e7f91-2b4d-4a6c-8e0f-1d3b5a7c9e04',
    name: "bob@example.com's Organization",
    type: 'claude_max',
    rateLimitTier: 'default_claude_max_20x',
    seatTier: null,
  },
};

/** A seat of a team: neither flag is set, and the tier has the name of a personal plan. */
export const tess: ClaudeAccount = {
  email: 'tess@team.example.com',
  uuid: '8d4b2f60-7c1a-4e93-b5f8-9a0c1e2d3f33',
  fullName: 'Tess Example',
  displayName: 'Tess',
  hasMax: false,
  hasPro: false,
  organisation: {
    uuid: '9b1d3f57-6a8c-4e0b-9d2f-4c6e8a0b2d05',
    name: 'Example Team',
    type: 'claude_team',
    rateLimitTier: 'default_claude_max_5x',
    seatTier: 'team_standard',
  },
};
