namespace Hummingbird.Vulkan.Kernels;

public sealed partial record FrameAffine
{
    /// <summary>torch: x * factor[:, None, None] + offset[:, None, None] + addend over [B, F, H, W, C].</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor x, HostTensor? factor, HostTensor? offset, HostTensor? addend) = (inputs[0]!, inputs[1], inputs[2], inputs[3]);
        long frameRows = (long)x.Shape[2] * x.Shape[3];
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            long frame = row / frameRows % x.Shape[1];
            ReadOnlySpan<float> source = x.Row(row);
            Span<float> target = output.Row(row);
            for (int c = 0; c < target.Length; c++)
            {
                double value = factor is null ? source[c] : (double)factor.Row(frame)[c] * source[c];
                value += offset is null ? 0 : offset.Row(frame)[c];
                target[c] = (float)(addend is null ? value : value + addend.Row(row)[c]);
            }
        }
    }
}
