namespace Hummingbird.Vulkan.Kernels;

public sealed partial record ToRgb8
{
    /// <summary>torch: ((x.clamp(-1, 1) + 1) / 2 * 255).to(torch.uint8), every step rounded to fp32.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor x = inputs[0]!;
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            ReadOnlySpan<float> source = x.Row(row);
            Span<float> target = output.Row(row);
            for (int c = 0; c < target.Length; c++)
            {
                float unit = (Math.Clamp(source[c], -1f, 1f) + 1f) / 2f;
                target[c] = float.IsNaN(unit) ? 0 : MathF.Truncate(unit * 255f);
            }
        }
    }
}
