import { type DataSource, IsNull, Like } from 'typeorm';
import { ApiKeyEntity } from '../entities/api-key.js';

/** What is known about a key after it was issued. */
export interface ApiKey {
  readonly merchantId: string;
  readonly keyHash: string;
  readonly prefix: string;
  readonly lastFour: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export async function insertApiKey(
  dataSource: DataSource,
  key: { merchantId: string; keyHash: string; prefix: string; lastFour: string },
): Promise<void> {
  await dataSource.getRepository(ApiKeyEntity).insert(key);
}

/** Finds the merchant of a valid key. */
export async function findMerchantOfKey(
  dataSource: DataSource,
  keyHash: string,
): Promise<string | undefined> {
  const key = await dataSource.getRepository(ApiKeyEntity).findOneBy({ keyHash, revokedAt: IsNull() });
  return key?.merchantId;
}

/** Lists a merchant's keys, oldest first, including revoked ones. */
export async function listApiKeys(
  dataSource: DataSource,
  merchantId: string,
  limit?: number,
): Promise<ApiKey[]> {
  return dataSource.getRepository(ApiKeyEntity).find({
    where: { merchantId },
    order: { createdAt: 'ASC' },
    ...(limit === undefined ? {} : { take: limit }),
  });
}

/** Finds a merchant's keys whose hash begins like that. `hashStart`: of hexadecimal digits. */
export async function findApiKeys(
  dataSource: DataSource,
  merchantId: string,
  hashStart: string,
): Promise<ApiKey[]> {
  return dataSource.getRepository(ApiKeyEntity).findBy({ merchantId, keyHash: Like(`${hashStart}%`) });
}

/** Revokes one of a merchant's keys permanently. */
export async function revokeApiKey(
  dataSource: DataSource,
  merchantId: string,
  keyHash: string,
): Promise<void> {
  await dataSource
    .createQueryBuilder()
    .update(ApiKeyEntity)
    .set({ revokedAt: () => 'now()' })
    .where({ merchantId, keyHash, revokedAt: IsNull() })
    .execute();
}
