import { create, type DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { HoldTtl } from '../../../src/service/hold-ttl.js';
import { MerchantSettings } from '../../../src/service/merchant-settings.js';
import { Orders } from '../../../src/service/orders.js';
import type { Reads } from '../../../src/service/reads/reads.js';
import { Records } from '../../../src/service/records.js';
import { Reservations } from '../../../src/service/reservations.js';
import { inventoryOperations } from '../../../src/transport/operations/index.js';

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  readonly request: Fields;
  /** The request's fingerprint. Keys are kept for a day: if it changes, a retry across the upgrade is refused. */
  readonly golden: string;
  /** The fingerprint with all of `others` at once. */
  readonly goldenOfOthers: string;
  /** Each other field of the request, with another value. */
  readonly others: Fields;
  /** Fields that were added after `goldenOfOthers` was taken. */
  readonly latest?: Fields;
  /** Field → what the request must have in place of others that the field excludes. */
  readonly instead?: Readonly<Record<string, Fields>>;
}

const line = { id: 'inv_1', qty: -2, action: 2, reference: 'r', notes: 'n' };
const damage = { ...line, action: 4 };
const details = { location: 'A1', warehouseName: 'W' };
const product = { productId: 'p', skuId: 's', warehouseId: 'w', warehouseName: 'W', location: 'A1' };

const cases: Readonly<Record<string, Case>> = {
  reserve: {
    request: { id: 'inv_1', qty: 2, reference: 'r', notes: 'n' },
    golden: 'bkQkESWP8Xw9OesHtEQj3HduXP_XFOz_5Sq6slaNILs',
    goldenOfOthers: 'OeQCJ5llbyhOhldmyl-bmIZ8D4Hz5RJ1S4txN-x15lM',
    others: { id: 'inv_2', qty: 3, reference: 'q', notes: 'm', ttlSeconds: 60, allowPartial: true },
    latest: { openEnded: true },
  },
  release: {
    request: { id: 'inv_1', qty: 2, reference: 'r', notes: 'n' },
    golden: '66R9-zPEJm9BM2qZRIQKVjJvfDDyWLr1SQ-TcAO4pus',
    goldenOfOthers: 'W-WJyFADGzhb7x74rfKG3a0XdTNMqNI7MaKvuSgi9u8',
    others: { id: 'inv_2', qty: 3, reference: 'q', notes: 'm' },
  },
  confirm: {
    request: { id: 'inv_1', qty: 2, reference: 'r', notes: 'n' },
    golden: 'ob3RXuo21QoaqIbsfBYtl-HkJp83ZROI3pDD67w65Qk',
    goldenOfOthers: 'DhkrCHHW0NA-JbRQwhBhLEf3NIiMkmSOM6yqrKEoZ34',
    others: { id: 'inv_2', qty: 3, reference: 'q', notes: 'm' },
  },
  setHold: {
    request: { id: 'inv_1', qty: 2, reference: 'r', notes: 'n' },
    golden: 'JbxiYJnkOqPuiB5NXvDCXioYxyHPXmY21AulmxPkNK0',
    goldenOfOthers: 'zLmaHHC2gzyVuvvXYoTHnLgZw33QIR7eoy3ZgCCa478',
    others: { id: 'inv_2', qty: 3, reference: 'q', notes: 'm', ttlSeconds: 60 },
    latest: { openEnded: true },
  },
  setOrder: {
    request: { reference: 'r', lines: [{ id: 'inv_1', qty: 2 }], notes: 'n' },
    golden: 'kVs0HYtVI0vsLc_E5t-sw2n1GiBicWFtAbJ9hMi4GHY',
    goldenOfOthers: 'toMuqDX0Ppy8IcTyT4_tAUdqZt635X5OcloZitLQZeQ',
    others: { reference: 'q', lines: [{ id: 'inv_1', qty: 3 }], notes: 'm', ttlSeconds: 60 },
    latest: { openEnded: true },
  },
  reserveOrder: {
    request: { reference: 'r', lines: [{ id: 'inv_1', qty: 2 }], notes: 'n' },
    golden: 'nNJ4v6vLBH9jGzn3cM2ttGsexu3hzTZBlwSvZ72nR5k',
    goldenOfOthers: 'LrnlVcC2iNxfyvex1uGeaUDKcaAarEwH2mTpImDTBL4',
    others: {
      reference: 'q',
      lines: [{ id: 'inv_1', qty: 3 }],
      notes: 'm',
      ttlSeconds: 60,
      allowPartial: true,
    },
    latest: { openEnded: true },
  },
  releaseOrder: {
    request: { reference: 'r', notes: 'n' },
    golden: 'ooJXsUg5fAQvebthAkV5ER5wJiCCtXThYrL6EL03-pI',
    goldenOfOthers: 'i2KTIYFyzkRA4Nw-szNfLXMbMPhROVVZa8XDpy4X4ZY',
    others: { reference: 'q', notes: 'm' },
    latest: { lines: [{ id: 'inv_1', qty: 2 }] },
  },
  confirmOrder: {
    request: { reference: 'r', notes: 'n' },
    golden: 'SQlFvGj0aYe0EKiVXVPPLUwvCjpdosVbl869m2HUzRY',
    goldenOfOthers: '3vuuVCa4gWjwydc7BWJsh8OQaZO60zhwyCmyNp6ljV8',
    others: { reference: 'q', notes: 'm' },
    latest: { lines: [{ id: 'inv_1', qty: 2 }] },
  },
  extendOrder: {
    request: { reference: 'r', ttlSeconds: 60 },
    golden: 'V0SL_SYMa4slj8UYK9BbzMcJVNM-KH4bldYm87uVG84',
    goldenOfOthers: '4bF0hfxt6vvQEVlZ51csEugxBmEiwG_foiYojG7m_a8',
    others: { reference: 'q', lines: [{ id: 'inv_1' }], ttlSeconds: 61 },
    latest: { openEnded: true },
    instead: { openEnded: { ttlSeconds: undefined } },
  },
  moveOrder: {
    request: { reference: 'r', toReference: 's', notes: 'n' },
    golden: 'zaHrLgodHajlju67BUFHp2vbKFxknBXhzFn097fa_0E',
    goldenOfOthers: 'g4LnBiu6c1mUejOlBhorS-GTxfh6gRrgKdQjtn4AGAA',
    others: {
      reference: 'q',
      toReference: 't',
      lines: [{ id: 'inv_1', qty: 2 }],
      ttlSeconds: 60,
      notes: 'm',
    },
    latest: { openEnded: true },
  },
  adjust: {
    request: damage,
    golden: 'uxLFUMkqkGmMZb9U7DKX9MVaUgQeL6MHPyOT9xExUcw',
    goldenOfOthers: 'mAy6-zQu_438hh6aXUDsJE_YRWOLsCRFqcQ7qdd6joc',
    others: {
      id: 'inv_2',
      qty: -3,
      action: 3,
      reference: 'q',
      notes: 'm',
      expectedOnHandQty: 5,
      releaseShortfall: true,
    },
  },
  setOnHand: {
    request: { id: 'inv_1', qty: 2, reference: 'r', notes: 'n' },
    golden: 'qjIpBU70J3_Zl34y7iYXRn8fT0YicYazsQxvxarvU2k',
    goldenOfOthers: 'NCuWb_jY3keinHpw2cgIVgMvTun9H9yqbxbUOACL4d0',
    others: {
      id: 'inv_2',
      qty: 3,
      reference: 'q',
      notes: 'm',
      expectedOnHandQty: 5,
      releaseShortfall: true,
    },
  },
  batchAdjust: {
    request: { lines: [line] },
    golden: 'YUdigdgEZ9D56Ol3bydDIsiZh2mgI0rqIAqzItORNW8',
    goldenOfOthers: 'KHVIzIBWb_LmpfxIH92Sj--4Yj8ZG6NLcEuEt9lWd8c',
    others: { lines: [{ ...line, expectedOnHandQty: 5 }] },
  },
  createInventory: {
    request: { ...product, variantAttributes: { b: '2', a: '1' }, initialQty: 4 },
    golden: 'j5EycK4TAXC5w_MvjXylFEd9b0eVOL0XmmqNyv9R_fo',
    goldenOfOthers: 'o0If-_fP_b4Bh4uBtpC17D0enws8JlrrzZ5zki2B2N0',
    others: {
      productId: 'q',
      skuId: 't',
      warehouseId: 'v',
      warehouseName: 'V',
      location: 'B1',
      reorderLevel: 1,
      reorderQty: 1,
      variantAttributes: { a: '2' },
      initialQty: 5,
      id: 'own',
    },
  },
  updateInventory: {
    request: { id: 'inv_1', details },
    golden: 'IqZQxTh1SkGXrj5JtFbd0sk4DohY2LzoBhynjn-gFtE',
    goldenOfOthers: '0aLrGeE-uxitiwqGQUmMfaA13sDbSd-dhyCBJwFr23E',
    others: { id: 'inv_2', details: { ...details, reorderQty: 1 }, updateMask: { paths: ['location'] } },
  },
  updateSettings: {
    request: { defaultTtlSeconds: 60 },
    golden: 'YaA1iuuPTMiwUfRonXIuYvTvvC-5o7dK_tW_xj6-UY8',
    goldenOfOthers: '2uBbopOi3kvCcX8VvoXdNXMdhc45dXhmG9O_Rw1epbA',
    others: { defaultTtlSeconds: 61 },
  },
};

let said = '';
/** Notes the fingerprint that it is given, and does nothing. */
const engine: Pick<Engine, 'submit'> = {
  submit: async ({ idempotency }) => {
    said = idempotency!.fingerprint;
    return { kind: 'key_reused' };
  },
};
const holdTtl = new HoldTtl({ findDefault: async () => 0, apiKeyCacheMs: 1, credentialCacheMax: 1 });
const changing = inventoryOperations({
  reservations: new Reservations(engine, holdTtl),
  orders: new Orders(engine, holdTtl),
  records: new Records(engine),
  settings: new MerchantSettings(engine, holdTtl),
  reads: {} as Reads,
}).filter(({ changes }) => changes);

async function fingerprintOf(name: string, fields: Fields): Promise<string> {
  const { method, handle } = changing.find((operation) => operation.method.localName === name)!;
  const principal = { merchantId: 'm', actor: 'a', permissions: new Set<never>() };
  const call = { principal, idempotencyKey: 'k', deadlineAtMs: Number.MAX_SAFE_INTEGER };
  said = '';
  await handle(call, create(method.input as DescMessage, fields));
  expect(said, name).not.toBe('');
  return said;
}

test('each RPC that changes something has a case', () => {
  expect(changing.map(({ method }) => method.localName).sort()).toEqual(Object.keys(cases).sort());
});

describe.each(Object.entries(cases))(
  '%s',
  (name, { request, golden, goldenOfOthers, others, latest = {}, instead = {} }) => {
    test('its fingerprint is the same under every key', async () => {
      expect(await fingerprintOf(name, request)).toBe(golden);
      expect(await fingerprintOf(name, { ...request, ...others })).toBe(goldenOfOthers);
      if (name !== 'batchAdjust')
        expect(await fingerprintOf(name, { ...request, idempotencyKey: 'another' })).toBe(golden);
    });

    test('each field of the request but the key is part of it', async () => {
      const { method } = changing.find((operation) => operation.method.localName === name)!;
      const fields = method.input.fields.map(({ localName }) => localName);
      const all = { ...others, ...latest };
      expect(Object.keys(all).sort()).toEqual(fields.filter((field) => field !== 'idempotencyKey').sort());
      for (const [field, value] of Object.entries(all))
        expect(await fingerprintOf(name, { ...request, ...instead[field], [field]: value }), field).not.toBe(
          golden,
        );
    });
  },
);
