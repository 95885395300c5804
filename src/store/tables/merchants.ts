import type { DataSource } from 'typeorm';
import type { Statement, Transaction } from '../connection/transaction.js';
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

const LOCK: Statement = {
  name: 'lock_merchant',
  text: 'SELECT 1 FROM merchants WHERE merchant_id = $1 FOR UPDATE',
};

/** Waits for all transactions that add records for the merchant, and keeps new ones waiting until this one ends. */
export async function lockMerchant(tx: Transaction, merchantId: string): Promise<void> {
  await tx.read(LOCK, [merchantId]);
}
