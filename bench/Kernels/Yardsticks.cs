using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>The shapes that the kernels' goals are set for, with operands that any other program can draw: bench/yardsticks.py gives
/// the same ones to PyTorch.</summary>
/// <remarks>Value i of an operand, counted in PyTorch's order of its axes (channels before pixels), is a hash of i and of the operand's seed.</remarks>
public static class Yardsticks
{
    private const float InputScale = 1, WeightScale = 0.05f, QueryScale = 4;

    /// <summary>One row for each goal.</summary>
    public static ImmutableArray<BenchRow> Rows(StorageTypes storage)
    {
        BenchRow Row(double goal, Kernel kernel, params CaseInput[] inputs) => new(
            BenchSets.Goals,
            new(kernel, storage.Activations, kernel is GroupNorm or Attention ? storage.Activations : storage.Weights, [.. inputs]),
            [],
            goal);
        CaseInput none = CaseInput.Absent, video = CaseInput.X([1, 16, 40, 64, 320]);
        BenchRow Conv(double goal, int height, int width, int channels) => Row(
            goal, new Conv2d(), CaseInput.X([1, 1, height, width, channels]), CaseInput.W([channels, 3, 3, channels]), CaseInput.P([channels]), none, none, none);
        BenchRow Linear(double goal, int columns, Activation activation) => Row(
            goal, new MatMul(activation), CaseInput.X([1, 1, 40, 64, 320]), CaseInput.W([columns, 320]), CaseInput.P([columns]), none, none);
        BenchRow Attend(double goal, AttentionAxis axis, CaseInput x) => Row(goal, new Attention(5, axis), x, x, x);
        BenchRow Norm(double goal, NormScope scope) => Row(
            goal, new GroupNorm(32, 1e-5f, Activation.Silu, scope), video, CaseInput.P([320]), CaseInput.P([320]), none);
        return
        [
            Conv(70, 40, 64, 320), Conv(60, 20, 32, 640), Conv(50, 10, 16, 1280), Conv(65, 40, 64, 512), Conv(50, 320, 512, 128),
            Linear(25, 2560, Activation.None), Linear(25, 2560, Activation.Geglu),
            Row(25, new Conv3d(3, 1, 1), video, CaseInput.W([320, 3, 1, 1, 320]), CaseInput.P([320]), none, none),
            Attend(20, AttentionAxis.Spatial, CaseInput.X([1, 1, 40, 64, 320])), Attend(5, AttentionAxis.Temporal, video),
            Norm(3, NormScope.PerFrame), Norm(3, NormScope.AllFrames),
        ];
    }

    /// <summary>The operands of one of the rows.</summary>
    public static HostTensor?[] Draw(BenchRow row)
    {
        TensorSpec[] specs = row.Case.Specs();
        HostTensor?[] drawn = [.. specs.Select(spec => spec.IsPresent ? new HostTensor(spec.Shape) : null)];
        switch (row.Case.Kernel)
        {
            case Attention attention:
                for (int i = 0; i < 3; i++)
                {
                    Fill(drawn[i]!, (uint)i + 1, i < 2 ? QueryScale : InputScale, specs[i].DType, Heads(attention, specs[i].Shape));
                }

                break;
            case GroupNorm:
                Fill(drawn[0]!, 1, InputScale, specs[0].DType, ChannelsFirst(specs[0].Shape));
                Array.Fill(drawn[1]!.Data, 1);
                break;
            default: // Products; their biases stay zero.
                Fill(drawn[0]!, 1, InputScale, specs[0].DType, row.Case.Kernel is MatMul ? InOrder : ChannelsFirst(specs[0].Shape));
                Fill(drawn[1]!, 2, WeightScale, specs[1].DType, row.Case.Kernel is MatMul ? InOrder : TapsLast(specs[1].Shape));
                break;
        }

        return drawn;
    }

    private static long InOrder(long index) => index;

    /// <summary>[1, T, H, W, C] here is [T, C, H, W] there, or [C, T, H, W] for 3-D kernels: one frame looks the same in both.</summary>
    private static Func<long, long> ChannelsFirst(Shape shape)
    {
        long channels = shape.Channels, pixels = shape.Count / channels;
        return index => (index % channels * pixels) + (index / channels);
    }

    private static Func<long, long> TapsLast(Shape shape)
    {
        long channels = shape.Channels, taps = shape.Count / (shape[0] * channels);
        return index => (((index / (taps * channels) * channels) + (index % channels)) * taps) + (index / channels % taps);
    }

    /// <summary>[heads, tokens, D] there; for temporal attention [pixels, heads, frames, D].</summary>
    private static Func<long, long> Heads(Attention attention, Shape shape)
    {
        long heads = attention.Heads, size = shape.Channels / heads, frames = shape[1], pixels = shape[2] * shape[3];
        return attention.Axis == AttentionAxis.Temporal
            ? index =>
            {
                long row = index / shape.Channels, head = index % shape.Channels / size;
                return ((((row % pixels * heads) + head) * frames) + (row / pixels)) * size + (index % size);
            }
            : index => ((index % shape.Channels / size * pixels) + (index / shape.Channels)) * size + (index % size);
    }

    private static void Fill(HostTensor tensor, uint seed, float scale, DType type, Func<long, long> order)
        => Parallel.For(0, tensor.Data.Length, i =>
        {
            float value = scale * Value((uint)order(i), seed);
            tensor.Data[i] = type == DType.F16 ? (float)(Half)value : value;
        });

    /// <summary>Even in -0.5 to 0.5.</summary>
    private static float Value(uint index, uint seed)
    {
        uint hash = (index * 2_654_435_761) + (seed * 40_503);
        hash ^= hash >> 16;
        hash *= 2_246_822_519;
        hash ^= hash >> 13;
        return ((hash >> 8) / 16_777_216f) - 0.5f;
    }
}
