import { report } from './report.ts';

console.log(report(process.argv.slice(2).join(' ')));
