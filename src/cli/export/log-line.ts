import { oneLine, printableJson } from '../../printable.js';
import type { ExportedEntry, ExportPlace } from '../../service/retention/export-log.js';
import { formatInstantUs, parseInstantUs } from '../instant.js';

export const FORMATS = ['ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** In the order of the columns. The first four are an entry's place, where another export can continue. */
function fieldsOf(entry: ExportedEntry) {
  const { loggedAtUs, actor, merchantId, inventoryId, revision, ...rest } = entry;
  const { action, onHandDelta, reservedDelta, onHandQty, reservedQty } = rest;
  const { reference, notes, toReference, movedQty, batchId } = rest;
  const place = { merchantId, loggedAt: formatInstantUs(loggedAtUs), inventoryId, revision };
  const figures = { action, onHandDelta, reservedDelta, onHandQty, reservedQty };
  return { ...place, ...figures, reference, notes, adjustedBy: actor, toReference, movedQty, batchId };
}

export const CSV_HEADER =
  'merchantId,loggedAt,inventoryId,revision,action,onHandDelta,reservedDelta,onHandQty,reservedQty,reference,notes,' +
  'adjustedBy,toReference,movedQty,batchId\n';

/** An entry as one line, also if a text of it has line ends: JSON escapes them, and in CSV they are `\u000a`. */
export function lineOf(format: Format, entry: ExportedEntry): string {
  const fields = fieldsOf(entry);
  if (format === 'ndjson') return `${printableJson(fields)}\n`;
  return `${Object.values(fields).map(cell).join(',')}\n`;
}

// https://www.rfc-editor.org/rfc/rfc4180#section-2
function cell(value: string | number | null): string {
  const text = oneLine(String(value ?? ''));
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `merchantId,loggedAt,inventoryId,revision`: a place as text, and the start of a line of CSV. */
export function placeText({ merchantId, loggedAtUs, inventoryId, revision }: ExportPlace): string {
  return [merchantId, formatInstantUs(loggedAtUs), inventoryId, revision].join(',');
}

/** Undefined for other texts. */
export function parsePlace(text: string): ExportPlace | undefined {
  const [merchantId = '', loggedAt = '', inventoryId = '', revision = ''] = text.split(',', 4);
  const loggedAtUs = parseInstantUs(loggedAt);
  if (merchantId === '' || inventoryId === '' || loggedAtUs === undefined || !/^\d{1,15}$/.test(revision)) {
    return undefined;
  }
  return { merchantId, loggedAtUs, inventoryId, revision: Number(revision) };
}

/** The place of a line that was exported before. */
export function placeOfLine(format: Format, line: string): ExportPlace | undefined {
  if (format === 'csv') return parsePlace(line);
  try {
    const { merchantId, loggedAt, inventoryId, revision } = JSON.parse(line);
    return parsePlace([merchantId, loggedAt, inventoryId, revision].join(','));
  } catch {
    return undefined;
  }
}
