import { InitialSchema1790000000000 } from './1790000000000-initial-schema.js';
import { OrdersAndRecords1790100000000 } from './1790100000000-orders-and-records.js';
import { Imports1790200000000 } from './1790200000000-imports.js';
import { LogFigures1790300000000 } from './1790300000000-log-figures.js';
import { RecordsByWarehouse1790400000000 } from './1790400000000-records-by-warehouse.js';
import { Moves1790500000000 } from './1790500000000-moves.js';
import { CarriedLog1790600000000 } from './1790600000000-carried-log.js';
import { Compatibility1790700000000 } from './1790700000000-compatibility.js';
import { HoldsByReference1790800000000 } from './1790800000000-holds-by-reference.js';

/** In the order in which they run. The SQL of a released migration is never edited. */
export const migrations = [
  InitialSchema1790000000000,
  OrdersAndRecords1790100000000,
  Imports1790200000000,
  LogFigures1790300000000,
  RecordsByWarehouse1790400000000,
  Moves1790500000000,
  CarriedLog1790600000000,
  Compatibility1790700000000,
  HoldsByReference1790800000000,
];
