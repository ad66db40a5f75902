namespace Hummingbird.Vulkan.Kernels;

public sealed partial record BiasedAttention
{
    /// <summary>softmax(scale * q k^T + bias) v, one query at a time.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor q, HostTensor k, HostTensor v, HostTensor bias) = (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!);
        (int length, int size) = (q.Shape[1], q.Shape.Channels / Heads);
        double[] weights = new double[length];
        for (long row = 0; row < q.Shape.Rows; row++)
        {
            (long first, int query) = (row / length * length, (int)(row % length));
            for (int head = 0; head < Heads; head++)
            {
                ReadOnlySpan<float> distances = bias.Row(head)[(length - 1 - query)..];
                for (int j = 0; j < length; j++)
                {
                    weights[j] = (Scale * Dot(q.Row(row), k.Row(first + j), head * size, size)) + distances[j];
                }

                Average(weights, v, first, head * size, output.Row(row).Slice(head * size, size));
            }
        }
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int start, int count)
    {
        double sum = 0;
        for (int d = start; d < start + count; d++)
        {
            sum += (double)left[d] * right[d];
        }

        return sum;
    }

    private static void Average(double[] scores, HostTensor v, long first, int start, Span<float> target)
    {
        double largest = scores.Max(), total = scores.Sum(s => Math.Exp(s - largest));
        for (int d = 0; d < target.Length; d++)
        {
            double sum = 0;
            for (int j = 0; j < scores.Length; j++)
            {
                sum += Math.Exp(scores[j] - largest) * v.Row(first + j)[start + d];
            }

            target[d] = (float)(sum / total);
        }
    }
}
