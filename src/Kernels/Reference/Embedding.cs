namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Embedding
{
    /// <summary>torch.nn.functional.embedding of the ids plus the first L rows of positions, where there are any.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor ids, HostTensor table, HostTensor? positions) = (inputs[0]!, inputs[1]!, inputs[2]);
        int length = ids.Shape[1];
        for (long row = 0; row < output.Shape.Rows; row++)
        {
            int position = (int)(row % length);
            int id = Math.Clamp((int)ids.Row(row / length)[position], 0, table.Shape[0] - 1);
            ReadOnlySpan<float> token = table.Row(id), place = positions is null ? default : positions.Row(position);
            Span<float> target = output.Row(row);
            for (int c = 0; c < target.Length; c++)
            {
                target[c] = token[c] + (place.IsEmpty ? 0 : place[c]);
            }
        }
    }
}
