export {
  type BodyTooLarge,
  type BodyTooSlow,
  type MalformedInput,
  MalformedRequest,
  type MethodNotAllowed,
  type NotAcceptable,
  type NotFound,
  RequestRefused,
  type TranscodingFault,
  type UnsupportedMediaType,
} from './faults.js';
export { acceptsGzip, weightOfType } from './http/accept.js';
export { Cors, type CorsOptions } from './http/cors.js';
export { type Headers, type HttpRequest, type HttpResponse, isHttp2 } from './http/http-message.js';
export { PROTOTYPE_KEY } from './json/prototype-key.js';
export { jsonReader } from './json/read-json.js';
export type {
  BodyWriter,
  HeldBody,
  ListRules,
  MessageAnswer,
  ReadyAnswer,
  StreamAnswer,
  TranscodedAnswer,
  TranscodedCall,
  TranscoderOptions,
} from './options.js';
export { startBodyClock } from './request/body-clock.js';
export { hasNoBody } from './request/read-body.js';
export { discardRest } from './response/respond.js';
export { unbuffered } from './response/send-stream.js';
export { InvalidHttpRules } from './rules/http-rules.js';
export { splitTarget } from './rules/request-path.js';
export { createTranscoder, type RouteSummary, type Transcoder } from './transcoder.js';
