import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  clone,
  create,
  createFileRegistry,
  type DescService,
  type Message,
  type MessageInitShape,
  setExtension,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, MethodOptionsSchema } from '@bufbuild/protobuf/wkt';
import { http } from '../../../src/gen/google/api/annotations_pb.js';
import { type HttpRule, HttpRuleSchema } from '../../../src/gen/google/api/http_pb.js';
import {
  createTranscoder,
  type TranscodedAnswer,
  type TranscodedCall,
  type Transcoder,
  type TranscoderOptions,
  type TranscodingFault,
} from '../../../src/transcoding/index.js';
import {
  file_transcoding_v1_library_service,
  LibraryService,
} from '../../gen/transcoding/v1/library_service_pb.js';

export type RuleInit = Exclude<MessageInitShape<typeof HttpRuleSchema>, HttpRule>;
export type MethodName = keyof typeof LibraryService.method;

/** LibraryService with other rules: only the methods named have one. */
export function libraryWith(rules: Partial<Record<MethodName, RuleInit>>): DescService {
  const file = clone(FileDescriptorProtoSchema, file_transcoding_v1_library_service.proto);
  for (const method of file.service[0]?.method ?? []) {
    const localName = `${method.name[0]?.toLowerCase()}${method.name.slice(1)}` as MethodName;
    const options = create(MethodOptionsSchema);
    const rule = rules[localName];
    if (rule !== undefined) setExtension(options, http, create(HttpRuleSchema, rule));
    method.options = options;
  }
  const imports = new Map(allImports().map((f) => [f.proto.name, f]));
  const registry = createFileRegistry(file, (name) => imports.get(name));
  return registry.getService('transcoding.v1.LibraryService') as DescService;
}

function allImports(): (typeof file_transcoding_v1_library_service)[] {
  const visit = (f: typeof file_transcoding_v1_library_service): (typeof f)[] => [
    ...f.dependencies.flatMap((d) => visit(d as typeof f)),
    f,
  ];
  return visit(file_transcoding_v1_library_service);
}

/** Answers with the request message itself; only for methods whose answer is of the request's type. */
export function echo(call: TranscodedCall): TranscodedAnswer {
  return { kind: 'message', message: call.bind() };
}

/** Answers with what was bound, as JSON, and the RPC's name. */
export function describe(call: TranscodedCall): TranscodedAnswer {
  const message: Message = call.bind();
  const body = JSON.stringify({ rpc: call.method.name, request: toJson(call.method.input, message) });
  return { kind: 'error', status: 200, body };
}

export const statuses: Readonly<Record<TranscodingFault['kind'], number>> = {
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  unsupported_media_type: 415,
  body_too_large: 413,
  body_too_slow: 408,
  no_room: 503,
  malformed: 400,
};

/** A transcoder with a writer that shows the fault as it is. */
export function transcoder(overrides: Partial<TranscoderOptions> = {}): Transcoder {
  return createTranscoder({
    services: [LibraryService],
    bodyBytesMax: 64 * 1024,
    writer: {
      success: (json) => json,
      fault: (fault) => ({ status: statuses[fault.kind], body: JSON.stringify(fault) }),
    },
    handle: describe,
    onError: (error) => ({ status: 500, body: JSON.stringify({ thrown: String(error) }) }),
    ...overrides,
  });
}

/** Serves on a free port until the returned `close`. */
export async function serve(
  served: Transcoder,
): Promise<{ url: string; port: number; server: Server; close(): Promise<void> }> {
  const server = createServer(served.listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
