import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection, v1 and v1alpha, for the files and everything they import. List files that no service imports, too:
 * a client needs google/rpc/error_details.proto to print error details.
 *
 * The library works out its tables when it is created, which is a tenth of a start. Here it does so when a client first
 * asks, and most services are never asked.
 */
export function createReflection(files: readonly DescFile[]): ReflectionService {
  const service = new ReflectionService({});
  let index: Index | undefined;
  const handleServerReflectionRequest = (request: unknown): unknown => {
    index ??= indexOf(files);
    return index.handleServerReflectionRequest(request);
  };
  for (const version of Object.values(versionsOf(service))) {
    Object.assign(version, { handleServerReflectionRequest });
  }
  return service;
}

function indexOf(files: readonly DescFile[]): Index {
  const all = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (all.has(file.proto.name)) return;
    all.set(file.proto.name, file);
    file.dependencies.forEach(visit);
  };
  files.forEach(visit);
  const fileDescriptorProtos = [...all.values()].map(encode);
  // The library reads only these descriptors from a package definition.
  const definition = { all: { fileDescriptorProtos } } as unknown as ConstructorParameters<
    typeof ReflectionService
  >[0];
  // Both versions answer the same.
  const { v1 } = versionsOf(new ReflectionService(definition));
  mend(v1, all);
  return v1;
}

function versionsOf(service: ReflectionService): Readonly<Record<'v1' | 'v1Alpha', Index>> {
  const { v1, v1Alpha } = service as unknown as Readonly<Record<'v1' | 'v1Alpha', Index>>;
  return { v1, v1Alpha };
}

/** The library's own tables, by name. */
interface Index {
  readonly files: Record<string, object>;
  readonly symbols: Record<string, object>;
  /** Type → field number → file. */
  readonly extensions: Record<string, Record<number, object>>;
  readonly fileEncodings: Map<object, Uint8Array>;
  handleServerReflectionRequest(request: unknown): unknown;
}

/**
 * Fixes what the library's tables get wrong:
 * - Descriptors write an extension's type with a leading dot, but the library looks it up without one and never finds
 *   it. A type that nothing extends is missing altogether.
 * - Files are re-encoded without the options that the library does not know: field rules and HTTP paths.
 * - Every table has a `constructor` entry.
 */
function mend(
  { files, symbols, extensions, fileEncodings }: Index,
  all: ReadonlyMap<string, DescFile>,
): void {
  for (const table of [files, symbols, extensions]) Object.setPrototypeOf(table, null);
  for (const [type, numbers] of Object.entries(extensions)) extensions[type.replace(/^\./, '')] = numbers;
  for (const [name, file] of all) {
    fileEncodings.set(files[name]!, encode(file));
    for (const { kind, typeName } of nestedTypes(file)) {
      if (kind === 'message') extensions[typeName] ??= {};
    }
  }
}

function encode(file: DescFile): Buffer {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto));
}
