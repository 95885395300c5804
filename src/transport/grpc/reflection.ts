import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection, v1 and v1alpha, for the files and all that they import. Files that no service imports are
 * worth naming too: a client needs google/rpc/error_details.proto to print error details. Services that a library
 * brings carry their descriptors with them.
 */
export function createReflection(
  files: readonly DescFile[],
  library: readonly ServiceDefinition[],
): ReflectionService {
  const all = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (all.has(file.proto.name)) return;
    all.set(file.proto.name, file);
    file.dependencies.forEach(visit);
  };
  files.forEach(visit);
  const fileDescriptorProtos = [...all.values()].map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  const brought = library.flatMap((service) =>
    Object.values(service).map((method) => (method as { requestType?: object }).requestType),
  );
  // The reflection service reads nothing of a package definition but the descriptors in it.
  const definition = Object.fromEntries([{ fileDescriptorProtos }, ...brought].entries());
  return new ReflectionService(definition as unknown as ConstructorParameters<typeof ReflectionService>[0]);
}
