import { expect } from 'vitest';
import type { Template } from '../property/openapi/draw-request.js';
import { plainRequest } from '../property/openapi/every-edge.js';
import { Members } from '../property/openapi/json-tree.js';
import { type Caller, type Parts, Sent } from '../property/openapi/parts.js';
import { Sender } from '../property/openapi/send.js';
import { type Credentials, type TestApp, tokenFor } from '../support/app.js';
import { contradictions } from '../support/openapi/checker.js';
import { type JsonObject, OpenApiDocument } from '../support/openapi/document.js';
import { helpOf } from './contract.js';

/** The document's examples of failures, and the requests that provoke them. */
export const document = OpenApiDocument.read();
/** Pointers of the examples that an answer matched. */
export const answered = new Set<string>();

/** The record and the order of the examples. */
export const ID = 'inv_xyz789';
const REFERENCE = 'ORD-20241201-0099';
const known = { id: [ID], reference: [REFERENCE], productId: ['prod_abc123'], skuId: ['sku_abc123_red'] };

/** Fields of calls that need more than the required ones. */
export const bodies: Readonly<Record<string, Readonly<Record<string, boolean | string>>>> = {
  extendOrder: { openEnded: true },
  moveOrder: { toReference: 'ORD-20241201-0101' },
};

/** A merchant of its own, and its requests. */
export class Shop {
  readonly #app: TestApp;

  private constructor(
    app: TestApp,
    readonly credentials: Credentials,
    readonly nobody: Caller,
    readonly stranger: Caller,
    readonly manager: Caller,
  ) {
    this.#app = app;
  }

  static async open(app: TestApp, ...stock: [onHandQty: number, reservedQty: number] | []): Promise<Shop> {
    const credentials = await app.createMerchant();
    const { apiKey, token, merchantId } = credentials;
    const [onHandQty, reservedQty] = stock;
    if (onHandQty !== undefined) {
      await app.seed(merchantId, { id: ID, onHandQty, reservedQty: reservedQty ?? 0 });
    }
    const caller = (name: string, bearer: string | undefined): Caller => ({
      name,
      permission: 'none',
      headers: {
        'x-merchantapikey': apiKey,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
    });
    const powerless = await tokenFor(merchantId, []);
    return new Shop(
      app,
      credentials,
      caller('nobody', undefined),
      caller('who may do nothing', powerless),
      caller('manager', token),
    );
  }

  plain(operation: Template): Parts {
    const parts = plainRequest(document, operation, known, this.manager);
    const body = bodies[operation.id];
    return body === undefined ? parts : { ...parts, body: new Members(Object.entries(body)) };
  }

  /** Returns the answer's status and body. Throws if they contradict the document. */
  async send(parts: Parts): Promise<{ status: number; body: JsonObject }> {
    const sender = new Sender(this.#app.httpUrl);
    try {
      const sent = new Sent({ ...parts, headers: { 'x-request-id': 'r-1', ...parts.headers } });
      const exchange = await sender.send(sent);
      expect(contradictions(document, exchange)).toEqual([]);
      return { status: exchange.status, body: JSON.parse(exchange.responseBody) as JsonObject };
    } finally {
      sender.close();
    }
  }

  /** Sends a request, and compares the answer with the document's example of this status and reason. */
  async expectExample(operation: Template, status: number, reason: string, parts: Parts): Promise<void> {
    const answer = await this.send(parts);
    const { pointer, value } = exampleOf(operation, status, reason);
    expect(answer).toEqual({ status, body: value });
    answered.add(pointer);
  }
}

export function exampleOf(operation: Template, status: number, reason: string) {
  const pointer = examplesPointer(operation, String(status));
  const example = document.at(`${pointer}/${reason}`);
  if (example === undefined) throw new Error(`${operation.id} ${status} has no example of ${reason}`);
  const value = example.value.value as JsonObject;
  // A few bodies are published word for word, and have neither a request id nor a link.
  const isUsual = value.requestId !== undefined;
  const called = { requestId: 'r-1', help: helpOf(String(value.code)) };
  return { pointer: `${pointer}/${reason}`, value: isUsual ? { ...value, ...called } : value };
}

export function examplesPointer({ pointer }: Template, status: string): string {
  return `${document.at(`${pointer}/responses/${status}`)?.pointer}/content/application~1json/examples`;
}
