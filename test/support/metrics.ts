/**
 * A figure of /metrics by its name and labels, such as `holdfast_streams{rpc="WatchInventory"}`: the sum of all series
 * that have those labels, and maybe others; 0 if there are none.
 */
export async function figure(httpUrl: string, series: string): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const [name = '', labels = ''] = series.split(/[{}]/);
  const wanted = labels.split(',').filter((label) => label !== '');
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

export const openStreams = (httpUrl: string) => figure(httpUrl, 'holdfast_streams{rpc="WatchInventory"}');

/** Streams that ended or were refused for a reason; OK: their callers left. */
export const endedStreams = (httpUrl: string, reason: string) =>
  figure(httpUrl, `holdfast_calls_total{rpc="WatchInventory",reason="${reason}"}`);
