export { type Check, type VerifyAsk, type VerifyReport, verifyRepository } from './verify.ts';
