import type { DataSource } from 'typeorm';
import { hashApiKey, type KeyMode } from '../auth/api-key-secret.js';
import type { Failure } from '../domain/failure.js';
import { isUniqueViolation } from '../store/connection/sqlstate.js';
import { type ApiKey, findApiKeys, listApiKeys, revokeApiKey } from '../store/tables/api-keys.js';
import { findMerchant, listMerchantsAfter, type Merchant } from '../store/tables/merchants.js';
import type { CallContext } from './call.js';
import type { MerchantSettings } from './merchant-settings.js';
import { addKey, createMerchant } from './merchants.js';
import { outcomeOf, type ReadResult } from './reads/read-result.js';

/** A new key: the only time that its secret is known. */
export interface MadeKey {
  readonly key: KnownKey;
  readonly apiKey: string;
}

/** A key as operators see it. */
export interface KnownKey extends Omit<ApiKey, 'keyHash' | 'merchantId'> {
  readonly keyId: string;
}

export type KnownMerchant = Merchant;

export interface MerchantsPage {
  readonly content: Merchant[];
  /** '': this is the last one. */
  readonly nextAfterId: string;
}

const PAGE_DEFAULT = 50;
/** Of a merchant, in one answer. */
const KEYS_MAX = 1000;

/** The part of a key's hash that names it. Of 64 bits, so that no two keys of a merchant share it. */
const ID_CHARACTERS = 16;
const KEY_ID = /^key_([0-9a-f]{16})$/;

/** What an operator has changed, for the log. */
export interface AdminChange {
  readonly actor: string;
  readonly change: 'merchant created' | 'merchant changed' | 'key created' | 'key revoked';
  readonly merchantId: string;
  readonly keyId?: string;
}

/** What operators do with merchants and their keys. The dispatcher checks that the caller is an operator. */
export class MerchantAdmin {
  readonly #dataSource: DataSource;
  readonly #settings: Pick<MerchantSettings, 'update'>;

  readonly #onChange: (change: AdminChange) => void;

  constructor(
    dataSource: DataSource,
    settings: Pick<MerchantSettings, 'update'>,
    onChange: (change: AdminChange) => void,
  ) {
    this.#dataSource = dataSource;
    this.#settings = settings;
    this.#onChange = onChange;
  }

  /** `merchantId` '': the service chooses one. */
  create(
    { principal: { actor } }: CallContext,
    name: string,
    mode: KeyMode,
    merchantId: string,
  ): Promise<ReadResult<MadeKey & { readonly merchant: Merchant }>> {
    return this.#result(async () => {
      const made = await createMerchant(this.#dataSource, name.trim(), mode, given(merchantId)).catch(
        (error) => {
          throw isUniqueViolation(error) ? new Refused({ reason: 'MERCHANT_ALREADY_EXISTS' }) : error;
        },
      );
      const key = await this.#made(made.merchantId, made.apiKey);
      this.#onChange({
        actor,
        change: 'merchant created',
        merchantId: made.merchantId,
        keyId: key.key.keyId,
      });
      return { ...key, merchant: await this.#find(made.merchantId) };
    });
  }

  get(merchantId: string): Promise<ReadResult<Merchant>> {
    return this.#result(() => this.#find(merchantId));
  }

  list(limit: number = PAGE_DEFAULT, afterId: string): Promise<ReadResult<MerchantsPage>> {
    return this.#result(async () => {
      const found = await listMerchantsAfter(this.#dataSource, afterId, limit + 1);
      const content = found.slice(0, limit);
      return { content, nextAfterId: found.length > limit ? content.at(-1)!.merchantId : '' };
    });
  }

  update(
    call: CallContext,
    merchantId: string,
    defaultTtlSeconds: number | undefined,
  ): Promise<ReadResult<Merchant>> {
    return this.#result(async () => {
      await this.#find(merchantId);
      const asMerchant = { ...call, principal: { ...call.principal, merchantId } };
      const result = await this.#settings.update(asMerchant, { defaultTtlSeconds });
      if (!result.ok) throw new Refused(result.failure);
      this.#onChange({ actor: call.principal.actor, change: 'merchant changed', merchantId });
      return this.#find(merchantId);
    });
  }

  createKey(
    { principal: { actor } }: CallContext,
    merchantId: string,
    mode: KeyMode,
  ): Promise<ReadResult<MadeKey>> {
    return this.#result(async () => {
      await this.#find(merchantId);
      const made = await this.#made(merchantId, await addKey(this.#dataSource, merchantId, mode));
      this.#onChange({ actor, change: 'key created', merchantId, keyId: made.key.keyId });
      return made;
    });
  }

  listKeys(merchantId: string): Promise<ReadResult<KnownKey[]>> {
    return this.#result(async () => {
      await this.#find(merchantId);
      return (await listApiKeys(this.#dataSource, merchantId, KEYS_MAX)).map(known);
    });
  }

  revokeKey(
    { principal: { actor } }: CallContext,
    merchantId: string,
    keyId: string,
  ): Promise<ReadResult<KnownKey>> {
    return this.#result(async () => {
      await this.#find(merchantId);
      const key = await this.#findKey(merchantId, keyId);
      await revokeApiKey(this.#dataSource, merchantId, key.keyHash);
      if (key.revokedAt === null) this.#onChange({ actor, change: 'key revoked', merchantId, keyId });
      return known(await this.#findKey(merchantId, keyId));
    });
  }

  async #find(merchantId: string): Promise<Merchant> {
    const merchant = await findMerchant(this.#dataSource, merchantId);
    if (merchant === null) throw new Refused({ reason: 'MERCHANT_NOT_FOUND' });
    return merchant;
  }

  async #findKey(merchantId: string, keyId: string): Promise<ApiKey> {
    const [, start] = KEY_ID.exec(keyId) ?? [];
    const [key] = start === undefined ? [] : await findApiKeys(this.#dataSource, merchantId, start);
    if (key === undefined) throw new Refused({ reason: 'API_KEY_NOT_FOUND' });
    return key;
  }

  async #made(merchantId: string, apiKey: string): Promise<MadeKey> {
    return { key: known(await this.#findKey(merchantId, idOf(hashApiKey(apiKey)))), apiKey };
  }

  async #result<T>(work: () => Promise<T>): Promise<ReadResult<T>> {
    try {
      return await outcomeOf(work);
    } catch (error) {
      if (error instanceof Refused) return { ok: false, failure: error.failure };
      throw error;
    }
  }
}

/** Ends a use case; never leaves this file. */
class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly failure: Failure) {
    super(failure.reason);
  }
}

function known({ keyHash, prefix, lastFour, createdAt, revokedAt }: ApiKey): KnownKey {
  return { keyId: idOf(keyHash), prefix, lastFour, createdAt, revokedAt };
}

function idOf(keyHash: string): string {
  return `key_${keyHash.slice(0, ID_CHARACTERS)}`;
}

function given(id: string): string | undefined {
  return id === '' ? undefined : id;
}
