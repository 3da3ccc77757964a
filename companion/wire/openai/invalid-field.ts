/** Refusals of a request field, in OpenAI's words and with OpenAI's `param` path. Values of the client are never echoed. */
import type { z } from 'zod';
import { CompanionError } from '../../base/error.ts';
import { fieldPath } from '../hub/fields.ts';

type Issue = z.core.$ZodIssue;

/** A refusal that names its field as `messages[2].content[0].type`; the message says what is wrong with it. */
export function invalidField(field: string, message: string, remedy?: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, {
    ...(field !== '' && { details: { field } }),
    ...(remedy !== undefined && { remedy }),
  });
}

/** The refusal of a body that does not have the shape: the first issue, as far inside as it reaches. */
export function invalidShape(issues: readonly Issue[], body: unknown): CompanionError {
  const issue = deepestIssue(issues);
  return invalidField(fieldPath(issue.path), describeIssue(issue, body));
}

/** Of a union, the branch that got furthest into the value is the one that the client meant. */
function deepestIssue(issues: readonly Issue[]): Issue {
  const [first] = issues;
  if (first === undefined) throw new TypeError('A failed parse has an issue.');
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first;
  const inner = first.errors
    .filter((branch) => branch.length > 0)
    .map((branch) => deepestIssue(branch))
    .reduce((best, issue) => (issue.path.length > best.path.length ? issue : best));
  return inner.path.length === 0 ? first : { ...inner, path: [...first.path, ...inner.path] };
}

function describeIssue(issue: Issue, body: unknown): string {
  const field = fieldPath(issue.path);
  const value = valueAt(body, issue.path);
  if (field === '') return 'The body must be a JSON object.';
  if (value === undefined) return `Missing required parameter: '${field}'.`;
  switch (issue.code) {
    case 'invalid_type':
      return `Invalid type for '${field}': expected ${issue.expected}, but got ${typeName(value)} instead.`;
    case 'invalid_value':
      return describeValues(field, issue.values);
    case 'invalid_union':
      return 'options' in issue
        ? describeValues(field, issue.options as readonly unknown[])
        : describeType(field, value);
    case 'too_small':
      return `Invalid '${field}': expected at least ${issue.minimum}.`;
    case 'too_big':
      return `Invalid '${field}': expected at most ${issue.maximum}.`;
    case 'invalid_format':
      return `Invalid '${field}': expected 1 to 128 letters, digits, underscores and hyphens.`;
    default:
      return `Invalid '${field}'.`;
  }
}

function describeValues(field: string, values: readonly unknown[]): string {
  return `Invalid value for '${field}'. Supported values are: ${values.map(String).join(', ')}.`;
}

function describeType(field: string, value: unknown): string {
  if (typeof value === 'string') return `Invalid value for '${field}'.`;
  return `Invalid type for '${field}': it may not be ${typeName(value)}.`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, key) => {
    return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, body);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
