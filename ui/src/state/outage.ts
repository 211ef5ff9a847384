/** What an outage would do, in a headline and a sentence. Pure. */
import type { Outage, Share } from "../ipc";

/** Below this the fallback's own loss is not the story; what its variant saves is. */
const WORTH_A_HEADLINE = 0.05;

const lossOf = (share: Share | null): number | null =>
  share === null || share.of === 0 ? null : 1 - share.held / share.of;

function told(loss: number | null): string {
  if (loss === null) return "unknown";
  if (loss > 0 && loss < 0.005) return "under 1 %";
  return `${Math.round(loss * 100)} %`;
}

export function headline(outage: Outage): { title: string; text: string } {
  const { prompt, primary, fallback } = outage;
  const own = lossOf(outage.fallback_share);
  const naive = lossOf(outage.passthrough_share);
  const fate = outage.measure.includes("schema") ? "break your schema" : "come back empty";
  const itself = `${primary} itself: ${told(lossOf(outage.primary_share))}.`;
  const variant = `${fallback} with its own variant v${outage.fallback_version}`;
  if (own === null)
    return {
      title: `Nobody knows what ${fallback} would answer`,
      text: `${prompt} has no outputs of ${variant} yet. ${itself}`,
    };
  if (own < WORTH_A_HEADLINE && naive !== null && naive > own)
    return {
      title: `Without its own variant, ${told(naive)} of ${prompt} replies would ${fate}`,
      text: `That is ${fallback} given ${primary}’s prompt, which is what plain failover does. ${variant}: ${told(own)}. ${itself}`,
    };
  if (own === 0)
    return {
      title: `No ${prompt} reply would ${fate}`,
      text: `${variant}, as far as its outputs show. ${itself}`,
    };
  return {
    title: `${told(own)} of ${prompt} replies would ${fate}`,
    text: `${variant}. With ${primary}’s prompt passed through: ${told(naive)}. ${itself}`,
  };
}
