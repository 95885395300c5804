import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Compression } from '@connectrpc/connect/protocol';
import { compressionBrotli } from '@connectrpc/connect-node';

const compress = promisify(brotliCompress);

/**
 * By default the library compresses at zlib's slowest level: seconds for a long list, while other answers wait in
 * memory for a thread. This level is about as fast and as small as gzip.
 */
const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

export const brotli: Compression = {
  ...compressionBrotli,
  compress: (bytes) => compress(bytes, options) as ReturnType<Compression['compress']>,
};
