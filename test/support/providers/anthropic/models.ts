/** The models that the stand-in serves, and what each takes. */

export interface AnthropicModel {
  readonly id: string;
  readonly displayName: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly maxInputTokens: number;
  readonly maxTokens: number;
  /** How thinking may be asked for. */
  readonly thinking: readonly ('enabled' | 'adaptive')[];
  readonly takesEffort: boolean;
  /** `temperature` and `top_p`: both at once, one of them, or neither. */
  readonly sampling: 'both' | 'one' | 'none';
  /** The last message may be the assistant's. */
  readonly takesPrefill: boolean;
}

const plain = {
  maxInputTokens: 200_000,
  thinking: [],
  takesEffort: false,
  sampling: 'both',
  takesPrefill: true,
} as const;
const budget = { ...plain, maxTokens: 64_000, thinking: ['enabled'], sampling: 'one' } as const;
const adaptive = {
  ...plain,
  maxTokens: 128_000,
  thinking: ['enabled', 'adaptive'],
  takesEffort: true,
  sampling: 'one',
  takesPrefill: false,
} as const;

const newest = {
  ...adaptive,
  maxInputTokens: 1_000_000,
  thinking: ['adaptive'],
  sampling: 'none',
} as const;

export const anthropicModels: readonly AnthropicModel[] = [
  { ...newest, id: 'claude-opus-5', displayName: 'Claude Opus 5', createdAt: '2026-07-20T00:00:00Z' },
  { ...newest, id: 'claude-sonnet-5', displayName: 'Claude Sonnet 5', createdAt: '2026-06-30T00:00:00Z' },
  { ...newest, id: 'claude-haiku-5-5', displayName: 'Claude Haiku 5.5', createdAt: '2026-10-01T00:00:00Z' },
  { ...newest, id: 'claude-opus-4-8', displayName: 'Claude Opus 4.8', createdAt: '2026-05-20T00:00:00Z' },
  { ...newest, id: 'claude-opus-4-7', displayName: 'Claude Opus 4.7', createdAt: '2026-04-14T00:00:00Z' },
  { ...adaptive, id: 'claude-sonnet-4-6', displayName: 'Claude Sonnet 4.6', createdAt: '2026-02-17T00:00:00Z' },
  { ...adaptive, id: 'claude-opus-4-6', displayName: 'Claude Opus 4.6', createdAt: '2026-02-04T00:00:00Z' },
  {
    ...budget,
    id: 'claude-opus-4-5-20251101',
    displayName: 'Claude Opus 4.5',
    createdAt: '2025-11-24T00:00:00Z',
    takesEffort: true,
  },
  { ...budget, id: 'claude-haiku-4-5-20251001', displayName: 'Claude Haiku 4.5', createdAt: '2025-10-15T00:00:00Z' },
  { ...budget, id: 'claude-sonnet-4-5-20250929', displayName: 'Claude Sonnet 4.5', createdAt: '2025-09-29T00:00:00Z' },
  {
    ...budget,
    id: 'claude-opus-4-1-20250805',
    displayName: 'Claude Opus 4.1',
    createdAt: '2025-08-05T00:00:00Z',
    maxTokens: 32_000,
  },
  {
    ...budget,
    id: 'claude-sonnet-4-20250514',
    displayName: 'Claude Sonnet 4',
    createdAt: '2025-05-22T00:00:00Z',
    sampling: 'both',
  },
  {
    ...plain,
    id: 'claude-3-5-haiku-20241022',
    displayName: 'Claude Haiku 3.5',
    createdAt: '2024-10-22T00:00:00Z',
    maxTokens: 8192,
  },
];

/** By its id, or by its id without the date (`-0` in place of it too). */
export function findModel(models: readonly AnthropicModel[], name: string): AnthropicModel | undefined {
  return models.find(({ id }) => {
    const alias = id.replace(/-\d{8}$/, '');
    return name === id || name === alias || name === `${alias}-0` || name === `${alias}-latest`;
  });
}
