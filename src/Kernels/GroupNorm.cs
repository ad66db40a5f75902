namespace Hummingbird.Vulkan.Kernels;

/// <summary>Group normalisation: y = act((x - mean) * rstd * weight + bias), statistics over the pixels and channels of a group.</summary>
/// <remarks>
/// Inputs: 0 x [B,T,H,W,C0] (or [T,H,W,C0]), 1 weight [C] fp32, 2 bias [C] fp32, 3 x2 [B,T,H,W,C1] or absent -> y [B,T,H,W,C].
/// x2 stands behind x as if the two were concatenated: C = C0 + C1, and a group may hold channels of both.
/// x and x2 may be column slices. Statistics are fp32 and combined without cancellation, in a fixed order.
/// Reference: torch.nn.GroupNorm (biased variance). Shader: shaders/group_norm.comp, run three times: partial statistics
/// of every channel over a chunk of pixels, mean and scale per channel, and the result.
/// </remarks>
public sealed partial record GroupNorm(int Groups, float Epsilon, Activation Activation = Activation.None, NormScope Scope = NormScope.PerFrame) : Kernel
{
    // Pixels of an invocation: their number bounds the length of a plain sum. On a CPU a workgroup's start and what an invocation knows of its
    // channels are worth many pixels; on a GPU more invocations are worth more.
    private const int CpuPixels = 256;
    private const int GpuPixels = 64;

    // Of a turn of the loops, which GPUs do not need in the last stage.
    private const int TurnPixels = 8;
    private const int GpuStatisticsTurnPixels = 4;

    // Of a turn through all channels, where a subgroup stores them by scatters.
    private const int WideTurnPixels = 4;

    // More of them than two vectors for each of the pixels do not fit the registers.
    private const int MostVectors = 2;
    private const int PairBytes = 2 * sizeof(float);
    private const int TripleBytes = 3 * sizeof(float);

    private enum Stage
    {
        Statistics = 0,
        Combine = 1,
        Apply = 2,
    }

    /// <summary>The shader's parameters behind the addresses of x, x2, weight, bias, partials, affine, y.</summary>
    public readonly record struct Parameters(
        uint Channels, uint FirstChannels, uint XRowStride, uint X2RowStride, uint Pixels, uint Chunks, uint ChunkPixels, uint Invocations,
        uint Groups, uint Activation, uint Fold, float Epsilon);

    public override string Name => "group_norm";

    public override string Attributes
        => $"groups={Groups},eps={Epsilon:g}{(Activation == Activation.Silu ? ",silu" : "")}{(Scope == NormScope.AllFrames ? ",all_frames" : "")}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        if (Activation is not (Activation.None or Activation.Silu))
        {
            throw new ShapeException($"{Name}: only silu can be fused behind it, not {Activation}.");
        }

        (TensorSpec x, TensorSpec x2) = (inputs[0], inputs[3]);
        if (x.Shape.Rank is not (4 or 5))
        {
            throw new ShapeException($"{Name}: x must be [B,T,H,W,C] or [T,H,W,C], found {x.Shape}.");
        }

        int channels = x.Shape.Channels;
        if (x2.IsPresent)
        {
            if (x2.Shape.WithChannels(channels) != x.Shape || x2.DType != x.DType)
            {
                throw new ShapeException($"{Name}: the second source must match x {x} but for its channels, found {x2}.");
            }

            channels += x2.Shape.Channels;
        }

        if (Groups < 1 || channels % Groups != 0)
        {
            throw new ShapeException($"{Name}: {channels} channels do not divide into {Groups} groups.");
        }

        for (int i = 1; i <= 2; i++)
        {
            if (inputs[i].Shape != [channels])
            {
                throw new ShapeException($"{Name}: {(i == 1 ? "weight" : "bias")} must be [{channels}], found {inputs[i].Shape}.");
            }
        }

        return x.Shape.WithChannels(channels);
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec x, TensorSpec x2) = (inputs[0], inputs[3]);
        int pixels = PixelsPerSample(x.Shape), channels = output.Shape.Channels;
        long samples = x.Shape.Rows / pixels;
        (Access access, int width) = Reach(x, x2, target);
        bool isWide = access is Access.WideVectors or Access.WideLanes;
        int statisticsPixels = target.IsCpu ? CpuPixels : GpuPixels;
        int applyPixels = isWide ? WideTurnPixels : target.IsCpu ? CpuPixels : TurnPixels;
        int chunks = DivideUp(pixels, statisticsPixels);
        bool isVectors = isWide || access is Access.Vectors or Access.Lanes;
        int across = isVectors ? width * target.SubgroupSize : width;
        long partialBytes = samples * chunks * channels * PairBytes;
        Operand[] operands =
        [
            Operand.Input(0), x2.IsPresent ? Operand.Input(3) : Operand.None, Operand.Input(1), Operand.Input(2),
            Operand.Scratch(), Operand.Scratch(partialBytes), Operand.Output,
        ];

        // No stage but Combine has a barrier, so wide workgroups cost a CPU driver nothing and save it the overhead per workgroup.
        int size = isVectors ? target.SubgroupSize : Math.Min(256, target.MaxWorkgroupInvocations);
        int combine = target.IsCpu ? target.SubgroupSize : Math.Min(128, target.MaxWorkgroupInvocations);

        Dispatch Stages(Stage stage, int invocations, int chunkPixels, long work)
        {
            Workgroups groups = Workgroups.Fold(isVectors && stage != Stage.Combine ? work : (work + invocations - 1) / invocations, target);
            int turn = !target.IsCpu && stage == Stage.Statistics ? GpuStatisticsTurnPixels : isWide && stage == Stage.Apply ? WideTurnPixels : TurnPixels;
            return new(
                $"{Name}.{x.DType.Name()}",
                [invocations, (int)stage, stage == Stage.Combine ? 1 : width, (int)access, turn, target.IsCpu ? 0 : 1],
                groups,
                [.. operands],
                Dispatch.Pack(new Parameters(
                    (uint)channels, (uint)x.Shape.Channels, (uint)x.RowStride, (uint)x2.RowStride, (uint)pixels,
                    (uint)DivideUp(pixels, chunkPixels), (uint)chunkPixels, checked((uint)work),
                    (uint)Groups, (uint)Activation, (uint)groups.X, Epsilon)));
        }

        return new(
            [
                Stages(Stage.Statistics, size, statisticsPixels, samples * chunks * (channels / across)),
                Stages(Stage.Combine, combine, statisticsPixels, samples * Groups * combine),
                Stages(Stage.Apply, size, applyPixels, samples * DivideUp(pixels, applyPixels) * (isWide ? 1 : channels / across)),
            ],
            partialBytes + (samples * channels * TripleBytes));
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new((Activation == Activation.None ? 6.0 : 11.0) * output.Shape.Count, (2 * output.SizeInBytes) + output.SizeInBytes);

    // How channels are reached, and how many are an invocation's.
    private static (Access Access, int Width) Reach(TensorSpec x, TensorSpec x2, KernelTarget target)
    {
        (int first, int second) = (x.Shape.Channels, x2.IsPresent ? x2.Shape.Channels : 0);
        bool isAligned = WideAccess.IsAligned(x.DType, first, x.RowStride, second, x2.RowStride);
        int wide = WideAccess.Width(x.DType);
        if (isAligned && VectorAccess.Scatters(target) && VectorAccess.WideOf(target, wide, first, second) is var access && access != Access.Wide)
        {
            return (access, wide);
        }

        int vectors = VectorAccess.Count(target, MostVectors, first, second);
        return (VectorAccess.Of(target, vectors > 0), vectors > 0 ? vectors : WideAccess.Width(x.DType, target, first, x.RowStride, second, x2.RowStride));
    }

    private static int DivideUp(int value, int step) => (value + step - 1) / step;

    private int PixelsPerSample(Shape x) => x[-2] * x[-3] * (Scope == NormScope.AllFrames ? x[-4] : 1);
}
