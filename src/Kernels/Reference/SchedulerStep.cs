namespace Hummingbird.Vulkan.Kernels;

public sealed partial record SchedulerStep
{
    /// <summary>The formula in fp64, rounded once. Classifier-free guidance: Ho and Salimans 2022, eq. 6 with w = guidance_scale - 1.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        ReadOnlySpan<float> c = inputs[4]!.Row(Row);
        for (long row = 0; row < output.Shape.Rows; row++)
        {
            Span<float> target = output.Row(row);
            for (int i = 0; i < target.Length; i++)
            {
                double epsilon = inputs[1]!.Row(row)[i];
                if (inputs[2] is { } unconditional)
                {
                    double start = unconditional.Row(row)[i];
                    epsilon = start + (c[3] * (epsilon - start));
                }

                double noise = inputs[3] is { } drawn ? drawn.Row(row)[i] : 0;
                target[i] = (float)((c[0] * (double)inputs[0]!.Row(row)[i]) + (c[1] * epsilon) + (c[2] * noise));
            }
        }
    }
}
