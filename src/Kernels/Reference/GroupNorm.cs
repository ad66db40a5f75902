using Hummingbird.Vulkan.Kernels.Reference;

namespace Hummingbird.Vulkan.Kernels;

public sealed partial record GroupNorm
{
    /// <summary>torch.nn.functional.group_norm, per frame or over all frames, of the two sources side by side.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor x, HostTensor? x2) = (inputs[0]!, inputs[3]);
        ReadOnlySpan<float> weight = inputs[1]!.Row(0), bias = inputs[2]!.Row(0);
        int pixels = PixelsPerSample(x.Shape), size = output.Shape.Channels / Groups;
        for (long first = 0; first < x.Shape.Rows; first += pixels)
        {
            for (int group = 0; group < Groups; group++)
            {
                int start = group * size;
                (double mean, double scale) = Statistics(x, x2, first, pixels, start, size);
                for (long row = first; row < first + pixels; row++)
                {
                    Span<float> target = output.Row(row);
                    for (int c = start; c < start + size; c++)
                    {
                        target[c] = (float)Functions.Apply(Activation, ((Value(x, x2, row, c) - mean) * scale * weight[c]) + bias[c]);
                    }
                }
            }
        }
    }

    private static double Value(HostTensor x, HostTensor? x2, long row, int channel)
        => channel < x.Shape.Channels ? x.Row(row)[channel] : x2!.Row(row)[channel - x.Shape.Channels];

    private (double Mean, double Scale) Statistics(HostTensor x, HostTensor? x2, long first, int pixels, int start, int size)
    {
        double sum = 0, squares = 0, count = (double)pixels * size;
        for (long row = first; row < first + pixels; row++)
        {
            for (int c = start; c < start + size; c++)
            {
                sum += Value(x, x2, row, c);
            }
        }

        double mean = sum / count;
        for (long row = first; row < first + pixels; row++)
        {
            for (int c = start; c < start + size; c++)
            {
                double distance = Value(x, x2, row, c) - mean;
                squares += distance * distance;
            }
        }

        return (mean, 1 / Math.Sqrt((squares / count) + Epsilon));
    }
}
