/** `GET /v1/models`: what the accounts and keys offer, in the shape of whoever asks. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProviderWire } from '../../../shared/api-provider.ts';
import { CompanionError } from '../../base/error.ts';
import { allowsModel } from '../../client/model-list.ts';
import type { ExchangeService } from '../../exchange/serve.ts';
import {
  encodeModel as encodeAnthropicModel,
  encodeModels as encodeAnthropicModels,
} from '../../wire/anthropic/encode-models.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import {
  encodeModel as encodeOpenAiModel,
  encodeModels as encodeOpenAiModels,
} from '../../wire/openai-chat/encode-models.ts';
import type { Mode } from '../../router/mode.ts';
import { ownCredentialOf } from '../client-key.ts';
import type { RouteConfig } from '../client-server.ts';
import { modeOf } from '../permit.ts';
import { answer } from './front.ts';
import type { Front } from './front.ts';

export interface OfferedModel {
  readonly id: string;
  readonly name: string;
  /** Id of the provider. */
  readonly owner: string;
  /** What the provider itself says of it, in the form of its wire. */
  readonly told?: { readonly wire: ProviderWire; readonly model: JsonObject };
}

export interface ModelCatalogue {
  /**
   * The models of every usable account and key that serves in this mode, without repeats. Throws the refusal that says how
   * to get some.
   */
  models(mode: Mode | undefined): Promise<readonly OfferedModel[]>;
  /** The wire of the only provider there is: then its own answer is the best one. */
  onlyWire(): ProviderWire | undefined;
}

export interface ModelRoutesOptions {
  readonly catalogue: ModelCatalogue;
  readonly exchanges: ExchangeService;
  readonly anthropic: Front;
  readonly openAi: Front;
}

/** Both providers use the same path: an `anthropic-version` header tells their SDKs apart. */
function wireOf(request: FastifyRequest): ProviderWire {
  const isOpenAi = request.url.startsWith('/openai/') || request.headers['anthropic-version'] === undefined;
  return isOpenAi ? 'openai' : 'anthropic';
}

export function addModelRoutes(app: FastifyInstance, options: ModelRoutesOptions): void {
  const frontOf = (request: FastifyRequest) => (wireOf(request) === 'openai' ? options.openAi : options.anthropic);
  const config: RouteConfig = {
    access: 'client',
    renderError: (error, nowMs, request) => frontOf(request).dialect.encodeError(error, nowMs),
  };
  const relay = (request: FastifyRequest, reply: FastifyReply) =>
    answer(frontOf(request), { isTranslatable: false, isStateful: true }, options.exchanges, request, reply);
  for (const prefix of ['/v1', '/openai/v1', '/v1/v1']) {
    app.get(`${prefix}/models`, { config }, async (request, reply) =>
      isRelayed(request, options.catalogue)
        ? relay(request, reply)
        : sendList(request, reply, await modelsFor(request, options.catalogue)),
    );
    // A model's id may hold slashes.
    app.get<{ Params: { '*': string } }>(`${prefix}/models/*`, { config }, async (request, reply) =>
      isRelayed(request, options.catalogue)
        ? relay(request, reply)
        : sendOne(request, reply, request.params['*'], await modelsFor(request, options.catalogue)),
    );
  }
}

/** What the client may use of what there is. */
async function modelsFor(request: FastifyRequest, catalogue: ModelCatalogue): Promise<readonly OfferedModel[]> {
  const models = await catalogue.models(modeOf(request));
  const allowed = request.permit?.models ?? null;
  return allowed === null ? models : models.filter(({ id }) => allowsModel(allowed, id));
}

/** A provider's own answer, which nobody has sifted, is for clients that may use all of it. */
function isRelayed(request: FastifyRequest, catalogue: ModelCatalogue): boolean {
  const { permit } = request;
  if (permit !== null && (permit.models !== null || (permit.mode !== 'both' && permit.mode !== 'api'))) return false;
  return ownCredentialOf(request.headers) !== undefined || catalogue.onlyWire() === wireOf(request);
}

function sendList(request: FastifyRequest, reply: FastifyReply, models: readonly OfferedModel[]): FastifyReply {
  if (wireOf(request) === 'openai') {
    const data = models.map((model) => toldIn('openai', model) ?? encodeOpenAiModel(model));
    return reply.send({ ...encodeOpenAiModels([]), data });
  }
  const data = models.map((model) => toldIn('anthropic', model) ?? encodeAnthropicModel(model));
  return reply.send({ ...encodeAnthropicModels(models), data });
}

function sendOne(
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  models: readonly OfferedModel[],
): FastifyReply {
  const model = models.find((one) => one.id === id);
  if (model === undefined)
    throw new CompanionError('MODEL_NOT_FOUND', `No account offers the model "${id.slice(0, 100)}".`);
  const wire = wireOf(request);
  const encode = wire === 'openai' ? encodeOpenAiModel : encodeAnthropicModel;
  return reply.send(toldIn(wire, model) ?? encode(model));
}

function toldIn(wire: ProviderWire, { told }: OfferedModel): JsonObject | undefined {
  return told?.wire === wire ? told.model : undefined;
}
