/** What the service takes of a request; everything else is "improperly formed". */
import { z } from 'zod';

const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);
const toolUseId = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);

const schemaNode: z.ZodType = z.lazy(() =>
  z.looseObject({
    $schema: z.undefined().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), schemaNode).optional(),
    items: z.union([schemaNode, z.array(schemaNode)]).optional(),
  }),
);

const tool = z.strictObject({
  toolSpecification: z.strictObject({
    name: toolName,
    description: z.string().min(1).max(10_237),
    inputSchema: z.strictObject({
      json: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), schemaNode) }).and(schemaNode),
    }),
  }),
});

const toolResult = z.strictObject({
  toolUseId,
  content: z.array(z.strictObject({ text: z.string().min(1) })).min(1),
  status: z.enum(['success', 'error']),
});

const image = z.strictObject({
  format: z.enum(['png', 'jpeg', 'gif', 'webp']),
  source: z.strictObject({ bytes: z.base64().min(1) }),
});

const context = z.strictObject({
  tools: z.array(tool).min(1).optional(),
  toolResults: z.array(toolResult).min(1).optional(),
});

const userMessage = z.strictObject({
  content: z.string(),
  modelId: z.string().regex(/^[A-Za-z0-9._:-]{1,100}$/),
  origin: z.literal('AI_EDITOR'),
  images: z.array(image).min(1).optional(),
  userInputMessageContext: context.optional(),
});

const toolUse = z.strictObject({ toolUseId, name: toolName, input: z.record(z.string(), z.unknown()) });

const assistantMessage = z.strictObject({ content: z.string(), toolUses: z.array(toolUse).min(1).optional() });

const turn = z.union([
  z.strictObject({ userInputMessage: userMessage }),
  z.strictObject({ assistantResponseMessage: assistantMessage }),
]);

const bodySchema = z.strictObject({
  profileArn: z
    .string()
    .regex(/^arn:aws:codewhisperer:/)
    .optional(),
  conversationState: z.strictObject({
    conversationId: z.uuid(),
    chatTriggerType: z.literal('MANUAL'),
    currentMessage: z.strictObject({ userInputMessage: userMessage }),
    history: z.array(turn),
  }),
});

export type CheckedBody = z.infer<typeof bodySchema>;
export type CheckedUser = z.infer<typeof userMessage>;

/** The body, or what is wrong with it. */
export function checkBody(json: unknown): { readonly body: CheckedBody } | { readonly problem: string } {
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) return { problem: `Improperly formed request. ${z.prettifyError(parsed.error)}` };
  const problem = findProblem(parsed.data);
  return problem === undefined ? { body: parsed.data } : { problem: `Improperly formed request. ${problem}` };
}

/** Rules that no field tells alone. */
function findProblem({ conversationState }: CheckedBody): string | undefined {
  const { history, currentMessage } = conversationState;
  const turns = [...history, currentMessage];
  const offered = new Set(
    (currentMessage.userInputMessage.userInputMessageContext?.tools ?? []).map((one) => one.toolSpecification.name),
  );
  let calls: readonly string[] = [];
  for (const [index, one] of turns.entries()) {
    const isUser = 'userInputMessage' in one;
    if (isUser !== (index % 2 === 0)) return `Turn ${index} is out of turn.`;
    const problem = isUser
      ? userProblem(one.userInputMessage, calls, index < turns.length - 1)
      : assistantProblem(
          (one as { assistantResponseMessage: z.infer<typeof assistantMessage> }).assistantResponseMessage,
          offered,
        );
    if (problem !== undefined) return `Turn ${index}: ${problem}`;
    calls = isUser ? [] : callsOf(one);
  }
  return turns.length % 2 === 0 ? 'The user does not speak last.' : undefined;
}

function callsOf(one: CheckedBody['conversationState']['history'][number]): readonly string[] {
  if (!('assistantResponseMessage' in one)) return [];
  return (one.assistantResponseMessage.toolUses ?? []).map((use) => use.toolUseId);
}

function userProblem(user: CheckedUser, calls: readonly string[], isHistory: boolean): string | undefined {
  const results = (user.userInputMessageContext?.toolResults ?? []).map((result) => result.toolUseId);
  if (results.toSorted().join() !== calls.toSorted().join()) return `results [${results}] for calls [${calls}]`;
  if (user.content.trim() === '' && results.length === 0) return 'no content';
  return isHistory && user.userInputMessageContext?.tools !== undefined ? 'tools within the history' : undefined;
}

function assistantProblem(
  { content, toolUses = [] }: z.infer<typeof assistantMessage>,
  offered: ReadonlySet<string>,
): string | undefined {
  if (content.trim() === '' && toolUses.length === 0) return 'no content';
  const stranger = toolUses.find(({ name }) => !offered.has(name));
  return stranger === undefined ? undefined : `the tool ${stranger.name} is not offered`;
}
