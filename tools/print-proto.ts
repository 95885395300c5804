/**
 * Prints a file descriptor as .proto source: declarations only, no options and no comments. That is all an
 * importing file needs: names, numbers, types and extension ranges.
 */
import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescOneof,
  ScalarType,
} from '@bufbuild/protobuf';
import { Edition, FieldDescriptorProto_Label } from '@bufbuild/protobuf/wkt';

export function printProto(file: DescFile): string {
  if (file.edition !== Edition.EDITION_PROTO2 && file.edition !== Edition.EDITION_PROTO3) {
    throw new Error(`${file.name}: only proto2 and proto3 files can be printed`);
  }
  const syntax = file.edition === Edition.EDITION_PROTO2 ? 'proto2' : 'proto3';
  return [
    `syntax = "${syntax}";`,
    `package ${file.proto.package};`,
    ...file.dependencies.map((d) => `import "${d.proto.name}";`),
    ...file.messages.map((m) => message(m, syntax)),
    ...file.enums.map(enumeration),
    ...file.extensions.map((e) => extension(e, syntax)),
    '',
  ].join('\n');
}

function message(desc: DescMessage, syntax: string): string {
  const lines = [
    ...desc.nestedMessages.filter((m) => m.proto.options?.mapEntry !== true).map((m) => message(m, syntax)),
    ...desc.nestedEnums.map(enumeration),
    ...desc.nestedExtensions.map((e) => extension(e, syntax)),
    ...desc.members.map((m) => (m.kind === 'oneof' ? oneof(m) : `${label(m, syntax)}${field(m)}`)),
    ...desc.proto.extensionRange.map((r) => `extensions ${r.start} to ${r.end - 1};`),
    ...desc.proto.reservedRange.map((r) => `reserved ${r.start} to ${r.end - 1};`),
    ...desc.proto.reservedName.map((name) => `reserved "${name}";`),
  ];
  return `message ${desc.name} {\n${lines.join('\n')}\n}`;
}

function oneof(desc: DescOneof): string {
  return `oneof ${desc.name} {\n${desc.fields.map(field).join('\n')}\n}`;
}

function enumeration(desc: DescEnum): string {
  return `enum ${desc.name} {\n${desc.values.map((v) => `${v.name} = ${v.number};`).join('\n')}\n}`;
}

function extension(desc: DescExtension, syntax: string): string {
  return `extend .${desc.extendee.typeName} {\n${label(desc, syntax)}${field(desc)}\n}`;
}

function label(desc: DescField | DescExtension, syntax: string): string {
  if (desc.fieldKind === 'map') return '';
  if (desc.proto.label === FieldDescriptorProto_Label.REPEATED) return 'repeated ';
  return syntax === 'proto2' || desc.proto.proto3Optional ? 'optional ' : '';
}

function field(desc: DescField | DescExtension): string {
  return `${type(desc)} ${desc.name} = ${desc.number};`;
}

function type(desc: DescField | DescExtension): string {
  switch (desc.fieldKind) {
    case 'map':
      return `map<${scalar(desc.mapKey)}, ${element(desc)}>`;
    default:
      return element(desc);
  }
}

function element(desc: DescField | DescExtension): string {
  if (desc.message) return `.${desc.message.typeName}`;
  if (desc.enum) return `.${desc.enum.typeName}`;
  return scalar(desc.scalar!);
}

function scalar(kind: ScalarType): string {
  return ScalarType[kind].toLowerCase();
}
