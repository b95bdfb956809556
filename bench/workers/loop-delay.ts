/**
 * Loaded before the program by `--import`: writes down, as it ends, how late its event loop was and how much memory it
 * held at most. The delay is the time between two turns of a timer of 10 ms, those 10 ms among it. In processes that the
 * program starts itself it does nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const told = new URL(import.meta.url).searchParams;
const file = told.get('to');
if (file !== null && `${process.ppid}` === told.get('parent')) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  process.on('exit', () => {
    const [, peak] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    const ms = (nanoseconds: number): number => nanoseconds / 1e6;
    const seen = { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
    const { user, system } = process.cpuUsage();
    const ownCpuMs = (user + system) / 1_000;
    writeFileSync(file, JSON.stringify({ ...seen, ownCpuMs, peakBytes: Number(peak) * 1_024 }));
  });
}
