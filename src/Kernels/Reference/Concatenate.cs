namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Concatenate
{
    /// <summary>torch.cat along the first axis.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        long next = 0;
        foreach (HostTensor? input in inputs)
        {
            for (long row = 0; row < input!.Shape.Rows; row++)
            {
                input.Row(row).CopyTo(output.Row(next++));
            }
        }
    }
}
