/** The fields by which a request asks for tools of its own, for upstreams that take none. */
import type { HubRequest } from './request.ts';

export const toolFields = ['tools', 'tool_choice', 'mcp_servers', 'container'] as const;

/** The first one with which the request really asks for something: an empty list does not, nor does a choice of none. */
export function askedToolField(request: HubRequest): string | undefined {
  const fields: Readonly<Record<string, unknown>> = { ...request };
  return toolFields.find((field) => isAsked(field, fields[field]));
}

function isAsked(field: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  return field !== 'tool_choice' || (value as { type?: unknown }).type !== 'none';
}
