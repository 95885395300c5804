import { setFlagsFromString } from 'node:v8';

/**
 * Has all objects begin in the young generation. V8 notices which places in the code make objects that live for long, and
 * then makes all objects of such a place in the old generation. In a crowd, all that belongs to a call lives for long; and
 * from then on, what each call left there would wait for the next full collection, which would come sooner and take longer.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
