namespace Hummingbird.Vulkan.Kernels;

public sealed partial record NonFiniteCount
{
    /// <summary>torch: (~torch.isfinite(x)).sum().</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor x = inputs[0]!;
        int count = 0;
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            foreach (float value in x.Row(row))
            {
                count += float.IsFinite(value) ? 0 : 1;
            }
        }

        output.Row(0)[0] = count;
    }
}
