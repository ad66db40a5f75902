namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Attention
{
    /// <summary>torch.nn.functional.scaled_dot_product_attention, one query at a time.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor q, HostTensor k, HostTensor v) = (inputs[0]!, inputs[1]!, inputs[2]!);
        Problems problems = Describe(q.Shape, k.Shape);
        int size = q.Shape.Channels / Heads;
        double scale = Scale ?? 1 / Math.Sqrt(size);
        double[] weights = new double[problems.Keys], sums = new double[size];
        for (int problem = 0; problem < problems.Outer * problems.Inner; problem++)
        {
            (int outer, int inner) = (problem / problems.Inner, problem % problems.Inner);
            long queryRow = ((long)outer * problems.Q.Outer) + ((long)inner * problems.Q.Inner);
            long keyRow = ((long)outer * problems.Kv.Outer) + ((long)inner * problems.Kv.Inner);
            for (int query = 0; query < problems.Queries; query++, queryRow += problems.Q.Token)
            {
                Span<double> seen = weights.AsSpan(0, Causal && !MaskAfterSoftmax ? query + 1 : problems.Keys);
                for (int start = 0; start < q.Shape.Channels; start += size)
                {
                    Softmax(q.Row(queryRow).Slice(start, size), k, keyRow, problems.Kv.Token, start, scale, seen);
                    if (MaskAfterSoftmax)
                    {
                        seen[(query + 1)..].Clear();
                    }

                    Average(seen, v, keyRow, problems.Kv.Token, start, sums);
                    Span<float> target = output.Row(queryRow).Slice(start, size);
                    for (int d = 0; d < size; d++)
                    {
                        target[d] = (float)sums[d];
                    }
                }
            }
        }
    }

    private static void Softmax(ReadOnlySpan<float> query, HostTensor k, long row, int step, int start, double scale, Span<double> weights)
    {
        double largest = double.NegativeInfinity, total = 0;
        for (int key = 0; key < weights.Length; key++)
        {
            ReadOnlySpan<float> values = k.Row(row + ((long)key * step)).Slice(start, query.Length);
            double score = 0;
            for (int d = 0; d < query.Length; d++)
            {
                score += (double)query[d] * values[d];
            }

            weights[key] = score * scale;
            largest = Math.Max(largest, weights[key]);
        }

        foreach (ref double weight in weights)
        {
            weight = Math.Exp(weight - largest);
            total += weight;
        }

        foreach (ref double weight in weights)
        {
            weight /= total;
        }
    }

    private static void Average(ReadOnlySpan<double> weights, HostTensor v, long row, int step, int start, Span<double> sums)
    {
        sums.Clear();
        for (int key = 0; key < weights.Length; key++)
        {
            ReadOnlySpan<float> values = v.Row(row + ((long)key * step)).Slice(start, sums.Length);
            for (int d = 0; d < sums.Length; d++)
            {
                sums[d] += weights[key] * values[d];
            }
        }
    }
}
