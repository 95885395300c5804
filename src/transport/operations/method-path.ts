import type { DescMethod } from '@bufbuild/protobuf';

/** `package.Service/Rpc`: services may have RPCs of the same name. */
export function fullNameOf({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

/** Where gRPC and Connect have it. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
export function pathOf(method: DescMethod): string {
  return `/${fullNameOf(method)}`;
}
