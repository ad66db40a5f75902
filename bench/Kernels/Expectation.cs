using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>What the reference makes of a row: all of it, or of a big row a part that is itself a complete smaller problem.</summary>
/// <param name="How">In words, for reports.</param>
/// <param name="Indices">Elements of the output that were computed; null for all.</param>
/// <param name="Values">Their values.</param>
internal sealed record Expectation(string How, long[]? Indices, float[] Values)
{
    // Multiply-adds of the reference that take about a second.
    private const double FullLimit = 3e8, SampledLimit = 1e9;
    private const int SampledQueries = 16, MostColumns = 4;

    public static Expectation Of(BenchRow row, HostTensor?[] inputs)
    {
        TensorSpec[] specs = row.Case.Specs();
        TensorSpec output = row.Output(specs);
        bool isBig = row.Cost.Flops > FullLimit;
        return !isBig ? All(row.Case.Kernel, inputs, output.Shape)
            : row.Case.Kernel is Attention attention && attention.Axis != AttentionAxis.Sequence ? SomeQueries(attention, inputs, output.Shape)
            : row.Case.Kernel.Product(specs) is { } product ? SomeColumns(row, product, inputs, output.Shape)
            : All(row.Case.Kernel, inputs, output.Shape);
    }

    /// <summary>Normalised mean squared error of what a device computed.</summary>
    public double Nmse(ReadOnlySpan<float> actual)
    {
        double squares = 0, norm = 0;
        for (int i = 0; i < Values.Length; i++)
        {
            double distance = (double)actual[(int)(Indices is null ? i : Indices[i])] - Values[i];
            squares += distance * distance;
            norm += (double)Values[i] * Values[i];
        }

        return squares == 0 ? 0 : squares / norm;
    }

    private static Expectation All(Kernel kernel, HostTensor?[] inputs, Shape shape)
    {
        HostTensor output = new(shape);
        kernel.Reference(inputs, output);
        return new($"all {shape.Count} values", null, output.Data);
    }

    /// <summary>A column of a product depends on its own row of the weight only: a few columns, of every row.</summary>
    private static Expectation SomeColumns(BenchRow row, MatrixProblem product, HostTensor?[] inputs, Shape shape)
    {
        int all = shape.Channels;
        int wanted = Math.Clamp((int)(SampledLimit * all / row.Cost.Flops), 2, MostColumns);
        int[] columns = [.. Enumerable.Range(0, wanted).Select(i => (int)((long)i * (all - 1) / (wanted - 1))).Distinct()];
        int[] weightRows = product.IsGeglu ? [.. columns, .. columns.Select(c => c + all)] : columns;
        HostTensor?[] few = [.. inputs];
        few[1] = SelectOutputs(inputs[1]!, weightRows);
        few[2] = inputs[2] is null ? null : SelectColumns(inputs[2]!, weightRows);
        few[3] = inputs[3] is null ? null : SelectColumns(inputs[3]!, columns);
        few[4] = inputs[4] is null ? null : SelectColumns(inputs[4]!, columns);
        HostTensor output = new(shape.WithChannels(columns.Length));
        row.Case.Kernel.Reference(few, output);
        long[] indices = new long[output.Data.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = ((long)(i / columns.Length) * all) + columns[i % columns.Length];
        }

        return new($"columns {string.Join(", ", columns)} of all {shape.Rows} rows", indices, output.Data);
    }

    /// <summary>A query's result depends on no other query: some pixels of the first and the last frame, or all frames of some pixels.</summary>
    private static Expectation SomeQueries(Attention attention, HostTensor?[] inputs, Shape shape)
    {
        (HostTensor q, HostTensor k, HostTensor v) = (inputs[0]!, inputs[1]!, inputs[2]!);
        int frames = shape[1], pixels = shape[2] * shape[3], c = shape.Channels;
        int[] some = [.. Enumerable.Range(0, Math.Min(SampledQueries, pixels)).Select(i => (int)((long)i * (pixels - 1) / Math.Max(1, Math.Min(SampledQueries, pixels) - 1))).Distinct()];
        List<(int[] Queries, int[]? Keys)> problems = attention.Axis == AttentionAxis.Temporal
            ? [([.. Enumerable.Range(0, frames).SelectMany(t => some.Select(p => (t * pixels) + p))], null)]
            : [.. new[] { 0, frames - 1 }.Distinct().Select(t => (
                some.Select(p => (t * pixels) + p).ToArray(),
                attention.Axis == AttentionAxis.Spatial ? Enumerable.Range(t * pixels, pixels).ToArray() : null))];
        List<long> indices = [];
        List<float> values = [];
        foreach ((int[] queries, int[]? keys) in problems)
        {
            bool isTemporal = attention.Axis == AttentionAxis.Temporal;
            Shape part = isTemporal ? [1, frames, 1, some.Length, c] : [1, 1, 1, queries.Length, c];
            HostTensor Part(HostTensor x) => isTemporal ? View(SelectRows(x, queries), part) : keys is null ? x : View(SelectRows(x, keys), [1, keys.Length, c]);
            HostTensor output = new(part);
            Attention smaller = isTemporal ? attention : attention with { Axis = AttentionAxis.Cross };
            smaller.Reference([View(SelectRows(q, queries), part), Part(k), Part(v)], output);
            indices.AddRange(queries.SelectMany(r => Enumerable.Range(0, c).Select(i => ((long)r * c) + i)));
            values.AddRange(output.Data);
        }

        return new($"{some.Length} pixels of {(attention.Axis == AttentionAxis.Temporal ? "every frame" : "the first and the last frame")}", [.. indices], [.. values]);
    }

    private static HostTensor View(HostTensor rows, Shape shape) => new(shape, rows.Data);

    /// <summary>Some entries along the first axis of a contiguous tensor.</summary>
    private static HostTensor SelectOutputs(HostTensor weight, int[] outputs)
    {
        int width = checked((int)(weight.Shape.Count / weight.Shape[0]));
        float[] data = [.. outputs.SelectMany(n => weight.Data.AsMemory(n * width, width).ToArray())];
        int[] extents = weight.Shape.ToArray();
        extents[0] = outputs.Length;
        return new(new(extents), data);
    }

    /// <summary>Some rows of channels, side by side.</summary>
    private static HostTensor SelectRows(HostTensor x, int[] rows)
    {
        HostTensor few = new([rows.Length, x.Shape.Channels]);
        for (int i = 0; i < rows.Length; i++)
        {
            x.Row(rows[i]).CopyTo(few.Row(i));
        }

        return few;
    }

    private static HostTensor SelectColumns(HostTensor x, int[] columns)
    {
        HostTensor few = new(x.Shape.WithChannels(columns.Length));
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            for (int i = 0; i < columns.Length; i++)
            {
                few.Row(row)[i] = x.Row(row)[columns[i]];
            }
        }

        return few;
    }
}
