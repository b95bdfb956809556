/** A model server in a process of its own: tells its parent where it is. */
import { startModel } from './model.ts';

const { url } = await startModel({ together: 1, apartMs: 0 });
process.send!(url);
process.once('disconnect', () => process.exit());
