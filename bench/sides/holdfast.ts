import { answerParent } from '../answer-parent.js';
import { startService } from './service.js';

/** The real service, with everything on. */
answerParent({ start: startService });
