import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What describes a record: one product or SKU in one warehouse. Its quantities are in stock_levels. */
@Entity('inventory_records')
export class InventoryRecordEntity {
  @PrimaryColumn({ name: 'merchant_id', type: 'text' })
  merchantId!: string;

  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  @Column({ name: 'product_id', type: 'text' })
  productId!: string;

  /** '' without a SKU. */
  @Column({ name: 'sku_id', type: 'text' })
  skuId!: string;

  @Column({ name: 'warehouse_id', type: 'text' })
  warehouseId!: string;

  @Column({ name: 'warehouse_name', type: 'text' })
  warehouseName!: string;

  @Column({ name: 'location', type: 'text' })
  location!: string;

  @Column({ name: 'reorder_level', type: 'integer' })
  reorderLevel!: number;

  @Column({ name: 'reorder_qty', type: 'integer' })
  reorderQty!: number;

  @Column({ name: 'variant_attributes', type: 'jsonb' })
  variantAttributes!: Record<string, string>;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
