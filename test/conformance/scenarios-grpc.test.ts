import { doorNames } from '../support/doors.js';
import { playAll } from './play-all.js';

playAll(doorNames.filter((name) => name.startsWith('gRPC')));
