namespace Hummingbird.Vulkan.Kernels;

public sealed partial record LayerNorm
{
    /// <summary>torch.nn.functional.layer_norm over the last axis; not centred x * rsqrt(x.pow(2).mean(-1) + eps) * weight.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor x, HostTensor weight, HostTensor? bias) = (inputs[0]!, inputs[1]!, inputs[2]);
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            ReadOnlySpan<float> source = x.Row(row);
            double sum = 0, squares = 0;
            foreach (float value in source)
            {
                sum += value;
            }

            double mean = IsCentred ? sum / source.Length : 0;
            foreach (float value in source)
            {
                squares += (value - mean) * (value - mean);
            }

            double scale = 1 / Math.Sqrt((squares / source.Length) + Epsilon);
            Span<float> target = output.Row(row);
            for (int c = 0; c < target.Length; c++)
            {
                target[c] = (float)(((source[c] - mean) * scale * weight.Data[weight.Offset + c]) + (bias is null ? 0 : bias.Data[bias.Offset + c]));
            }
        }
    }
}
