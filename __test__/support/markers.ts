/**
 * What `expected.json` of a fixture says, as values: `{"$": …}` stands for what JSON has no word for.
 */

interface Marker {
  readonly $: string;
  readonly b64?: string;
  readonly ms?: number;
  readonly v?: string;
}

/** `value`, which came from JSON, with each marker replaced by what it stands for. */
export function withoutMarkers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarkers);
  if (typeof value !== "object" || value === null) return value;
  if (typeof (value as Marker).$ === "string") return meaningOf(value as Marker);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutMarkers(inner)]));
}

function meaningOf(marker: Marker): unknown {
  switch (marker.$) {
    case "bytes":
      return Buffer.from(marker.b64 ?? "", "base64");
    case "date":
      return new Date(marker.ms ?? Number.NaN);
    case "number":
      return Number(marker.v);
    case "undefined":
      return undefined;
    default:
      throw new Error(`an unknown marker: ${marker.$}`);
  }
}
