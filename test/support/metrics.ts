/** A figure of /metrics by its name and labels, as `holdfast_streams{rpc="WatchInventory"}`; 0 when it is not there. */
export async function figure(httpUrl: string, series: string): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

export const openStreams = (httpUrl: string) => figure(httpUrl, 'holdfast_streams{rpc="WatchInventory"}');

/** Streams that ended for a reason, or were refused for it; OK: their callers left. */
export const endedStreams = (httpUrl: string, reason: string) =>
  figure(httpUrl, `holdfast_calls_total{rpc="WatchInventory",reason="${reason}"}`);
