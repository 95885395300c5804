import type { HoldKey, HoldRow } from '../../store/tables/holds.js';
import type { ImportLineRow } from '../../store/tables/import-lines.js';
import type { RecordRow } from '../../store/tables/inventory-records.js';
import type { SettingsRow } from '../../store/tables/merchant-settings.js';
import type { StockRow } from '../../store/tables/stock-levels.js';

/** What a batch writes, table by table. */
export interface ChangedRows {
  readonly stocks: StockRow[];
  /** Of records whose next expiry changed. */
  readonly expiries: StockRow[];
  readonly holds: ChangedHolds;
  readonly createdStocks: StockRow[];
  readonly createdRecords: RecordRow[];
  readonly described: RecordRow[];
  readonly settings: SettingsRow[];
  readonly lines: ImportLineRow[];
}

/** How the holds that the batch touched differ from the table. */
export interface ChangedHolds {
  readonly opened: HoldRow[];
  readonly changed: HoldRow[];
  readonly ended: HoldKey[];
}
