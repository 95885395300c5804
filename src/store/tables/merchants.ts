import type { DataSource } from 'typeorm';
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
