import { type DataSource, MoreThan } from 'typeorm';
import { MerchantEntity } from '../entities/merchant.js';

export interface Merchant {
  readonly merchantId: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Seconds after which referenced holds end when their request does not say; 0: never. */
  readonly defaultTtlSeconds: number;
}

export async function insertMerchant(
  dataSource: DataSource,
  merchantId: string,
  name: string,
): Promise<void> {
  await dataSource.getRepository(MerchantEntity).insert({ merchantId, name });
}

export async function findMerchant(dataSource: DataSource, merchantId: string): Promise<Merchant | null> {
  return dataSource.getRepository(MerchantEntity).findOneBy({ merchantId });
}

/** All merchants, oldest first. */
export async function listMerchants(dataSource: DataSource): Promise<Merchant[]> {
  return dataSource.getRepository(MerchantEntity).find({ order: { createdAt: 'ASC', merchantId: 'ASC' } });
}

/** The merchants behind `after`, in the order of their ids, at most `limit`. */
export async function listMerchantsAfter(
  dataSource: DataSource,
  after: string,
  limit: number,
): Promise<Merchant[]> {
  return dataSource
    .getRepository(MerchantEntity)
    .find({ where: { merchantId: MoreThan(after) }, order: { merchantId: 'ASC' }, take: limit });
}

/** The ids behind `after`, in their order, at most `limit`. */
export async function listMerchantIds(
  dataSource: DataSource,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows: { merchant_id: string }[] = await dataSource.query(
    'SELECT merchant_id FROM merchants WHERE merchant_id > $1 ORDER BY merchant_id LIMIT $2',
    [after, limit],
  );
  return rows.map((row) => row.merchant_id);
}
