import { commandDoorNames } from '../support/doors.js';
import { playAll } from './play-all.js';

playAll(commandDoorNames);
