namespace Hummingbird.Vulkan.Kernels;

public sealed partial record DynamicThreshold
{
    /// <summary>torch: t = quantile(x.abs().flatten(1), q, dim=1).clamp(min=1); x.clamp(-t, t) / t.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor x = inputs[0]!;
        int samples = x.Shape[0], count = checked((int)(x.Shape.Count / samples));
        (long rank, double fraction) = Position(count);
        for (int sample = 0; sample < samples; sample++)
        {
            ReadOnlySpan<float> source = x.Data.AsSpan(x.Offset + (sample * count), count);
            Span<float> target = output.Data.AsSpan(output.Offset + (sample * count), count);
            float[] ordered = source.ToArray();
            for (int i = 0; i < count; i++)
            {
                ordered[i] = Math.Abs(ordered[i]);
            }

            Array.Sort(ordered);
            (double below, double above) = (ordered[rank], ordered[Math.Min(rank + 1, count - 1)]);
            double threshold = Math.Max(below + (fraction * (above - below)), 1);
            for (int i = 0; i < count; i++)
            {
                target[i] = (float)(Math.Clamp(source[i], -threshold, threshold) / threshold);
            }
        }
    }
}
