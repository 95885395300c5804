import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OPERATOR_PERMISSION } from '../../auth/principal.js';
import {
  type ApiKeySchema,
  KeyMode,
  type MerchantSchema,
  MerchantService,
} from '../../gen/merchants/v1/merchant_service_pb.js';
import type { CallContext } from '../../service/call.js';
import type { KnownKey, KnownMerchant, MerchantAdmin } from '../../service/merchant-admin.js';
import type { ReadResult } from '../../service/reads/read-result.js';
import type { Operation } from './operation.js';

/** The RPCs of merchants.v1.MerchantService, for operators. */
export function merchantOperations(admin: MerchantAdmin): Operation[] {
  const { method } = MerchantService;
  return [
    operate(
      method.createMerchant,
      (call, { name, mode, merchantId }) => admin.create(call, name, modeOf(mode), merchantId),
      ({ merchant, key, apiKey }) => ({ merchant: merchantMessage(merchant), key: keyMessage(key), apiKey }),
    ),
    operate(
      method.getMerchant,
      (_, { merchantId }) => admin.get(merchantId),
      (merchant) => ({ merchant: merchantMessage(merchant) }),
    ),
    operate(
      method.listMerchants,
      (_, { limit, afterId }) => admin.list(limit, afterId),
      ({ content, nextAfterId }) => ({ content: content.map(merchantMessage), nextAfterId }),
    ),
    operate(
      method.updateMerchant,
      (call, { merchantId, defaultTtlSeconds }) => admin.update(call, merchantId, defaultTtlSeconds),
      (merchant) => ({ merchant: merchantMessage(merchant) }),
    ),
    operate(
      method.createApiKey,
      (call, { merchantId, mode }) => admin.createKey(call, merchantId, modeOf(mode)),
      ({ key, apiKey }) => ({ key: keyMessage(key), apiKey }),
    ),
    operate(
      method.listApiKeys,
      (_, { merchantId }) => admin.listKeys(merchantId),
      (keys) => ({ keys: keys.map(keyMessage) }),
    ),
    operate(
      method.revokeApiKey,
      (call, { merchantId, keyId }) => admin.revokeKey(call, merchantId, keyId),
      (key) => ({ key: keyMessage(key) }),
    ),
  ];
}

/** An RPC of operators. None takes an idempotency key: what is stored with one would be a secret. */
function operate<I extends DescMessage, O extends DescMessage, T>(
  method: DescMethodUnary<I, O>,
  run: (call: CallContext, request: MessageShape<I>) => Promise<ReadResult<T>>,
  answer: (value: T) => MessageInitShape<O>,
): Operation {
  return {
    method,
    permission: OPERATOR_PERMISSION,
    changes: false,
    handle: async (call, request) => {
      const result = await run(call, request as MessageShape<I>);
      if (!result.ok) return { ...result, replayed: false };
      return { ok: true, message: create(method.output, answer(result.value)), replayed: false };
    },
  };
}

function modeOf(mode: KeyMode): 'live' | 'test' {
  return mode === KeyMode.TEST ? 'test' : 'live';
}

function merchantMessage({
  merchantId,
  name,
  createdAt,
  defaultTtlSeconds,
}: KnownMerchant): MessageInitShape<typeof MerchantSchema> {
  return { merchantId, name, createdAt: timestampFromDate(createdAt), defaultTtlSeconds };
}

function keyMessage({
  keyId,
  prefix,
  lastFour,
  createdAt,
  revokedAt,
}: KnownKey): MessageInitShape<typeof ApiKeySchema> {
  return {
    keyId,
    prefix,
    lastFour,
    createdAt: timestampFromDate(createdAt),
    ...(revokedAt === null ? {} : { revokedAt: timestampFromDate(revokedAt) }),
  };
}
