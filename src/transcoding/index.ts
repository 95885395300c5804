export {
  type BodyTooLarge,
  type MalformedInput,
  MalformedRequest,
  type MethodNotAllowed,
  type NotFound,
  type TranscodingFault,
  type UnsupportedMediaType,
} from './faults.js';
export type { Headers, HttpRequest, HttpResponse } from './http-message.js';
export { InvalidHttpRules } from './http-rules.js';
export {
  type BodyWriter,
  createTranscoder,
  type ReadyAnswer,
  type RouteSummary,
  type TranscodedAnswer,
  type TranscodedCall,
  type Transcoder,
  type TranscoderOptions,
} from './transcoder.js';
