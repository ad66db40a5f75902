namespace Hummingbird.Vulkan.Kernels;

/// <summary>Bits of the specialization constant FEATURES of shaders/common/matrix.glsl; the activation stands from bit 16 on.</summary>
[Flags]
public enum MatrixFeatures
{
    None = 0,
    Bias = 1,
    Shift = 2,
    Residual = 4,

    /// <summary>A second source of channels, x2, behind the first.</summary>
    SecondSource = 8,

    /// <summary>Rows of a source do not start at multiples of a vector: channels are loaded one by one.</summary>
    ScalarLoads = 16,

    /// <summary>Channels of a source are no multiple of the K step: what lies behind them is masked.</summary>
    ChannelTail = 32,

    /// <summary>A 3-D kernel that reaches along time only.</summary>
    Planar = 64,

    /// <summary>A source or the residual is a slice: its address may lie between two vectors.</summary>
    Sliced = 128,

    /// <summary>Rows of the output or the residual do not start at multiples of a vector.</summary>
    ScalarStores = 256,

    /// <summary>Several products of one size in one dispatch, their operands one behind the other; matmul only.</summary>
    Batched = 512,

    /// <summary>With <see cref="ScalarLoads"/> of fp16: all rows start at multiples of four channels, so channels are loaded by fours.</summary>
    QuadLoads = 1024,

    /// <summary>The bias is followed by factors and offsets of each frame; conv2d only.</summary>
    InFrames = 2048,

    /// <summary>With <see cref="QuadLoads"/>: no source has more than four channels, as at a stem.</summary>
    OneQuad = 4096,

    /// <summary>Family "ldv" on a driver that does not merge loads from uniform addresses: each lane loads its own value.</summary>
    LaneLoads = 8192,

    /// <summary>CPU drivers' families: N is a multiple of the panel, so that no column needs a test.</summary>
    WholePanels = 16384,
}

/// <summary>The parameters that matmul, conv2d and conv3d share, directly behind the addresses.</summary>
/// <param name="Rows">Rows of the output.</param>
/// <param name="Columns">Channels of the output.</param>
/// <param name="Fold">Workgroups in x: the row of workgroups is x + y * fold.</param>
/// <param name="Depth">K of the packed weight.</param>
/// <param name="Channels">Channels of the first source.</param>
/// <param name="XStride">Elements from one row of the first source to the next.</param>
/// <param name="ResidualStride">The same of the residual.</param>
/// <param name="YStride">The same of the output.</param>
/// <param name="ShiftRows">Rows of the output that share one row of the shift.</param>
/// <param name="ShiftStride">Elements from one row of the shift to the next.</param>
public readonly record struct MatrixParameters(
    uint Rows, uint Columns, uint Fold, uint Depth, uint Channels, uint XStride, uint ResidualStride, uint YStride, uint ShiftRows, uint ShiftStride);

/// <summary>What the three kernels on the matrix core have in common: operands, tiles, constants, weight order.</summary>
/// <remarks>Operands: 0 x, 1 weight, 2 bias, 3 shift, 4 residual, 5 second source. Shaders: shaders/common/matrix*.glsl.</remarks>
/// <param name="Kernel">Name of the kernel and its shader.</param>
/// <param name="Attributes">Of the kernel, as in case ids: products are told apart by them.</param>
/// <param name="Batches">Products of one size in one dispatch.</param>
internal sealed record MatrixCore(string Kernel, Activation Activation, int Taps, string Attributes, int Batches = 1)
{
    /// <summary>Where the activation stands among the features.</summary>
    public const int ActivationShift = 16;

    private bool IsGeglu => Activation == Activation.Geglu;

    /// <summary>Checks weight, bias, shift and residual against the sources and gives the output's channels.</summary>
    /// <param name="weightExtents">Extents the weight must have behind the first.</param>
    /// <param name="frames">Frames the bias has factors and offsets for, 0 for none.</param>
    public int CheckWeight(ReadOnlySpan<TensorSpec> inputs, Shape weightExtents, int frames = 0)
    {
        TensorSpec x = inputs[0], weight = inputs[1], bias = inputs[2];
        int[] extents = weight.Shape.ToArray();
        if (extents.Length < 2 || !extents.AsSpan(1).SequenceEqual(weightExtents.ToArray()))
        {
            throw new ShapeException($"{Kernel}: weight must be [N,{string.Join(',', weightExtents.ToArray())}] for x {x}, found {weight}.");
        }

        if ((x.DType, weight.DType) is not ((DType.F32, DType.F32) or (DType.F32, DType.F16) or (DType.F16, DType.F16)))
        {
            throw new ShapeException($"{Kernel}: x and weight must be f32 and f32, f32 and f16, or f16 and f16, found {x} and {weight}.");
        }

        if (IsGeglu && weight.Shape[0] % 2 != 0)
        {
            throw new ShapeException($"{Kernel}: a GEGLU weight holds as many value as gate rows, found {weight}.");
        }

        Shape biasExtents = frames == 0 ? [weight.Shape[0]] : [1 + (2 * frames), weight.Shape[0]];
        if (bias.IsPresent && (bias.Shape != biasExtents || bias.DType != DType.F32 || !bias.IsContiguous))
        {
            throw new ShapeException($"{Kernel}: bias must be f32{biasExtents} for weight {weight}, found {bias}.");
        }

        return IsGeglu ? weight.Shape[0] / 2 : weight.Shape[0];
    }

    /// <summary>Checks shift and residual against the output.</summary>
    public Shape CheckOutput(ReadOnlySpan<TensorSpec> inputs, Shape output)
    {
        TensorSpec shift = inputs[3], residual = inputs[4];
        if (shift.IsPresent)
        {
            if (IsGeglu)
            {
                throw new ShapeException($"{Kernel}: GEGLU takes no shift, found {shift}.");
            }

            if (shift.DType != DType.F32 || shift.Shape.Rank != 2 || shift.Shape.Channels != output.Channels || output.Rows % shift.Shape[0] != 0)
            {
                throw new ShapeException($"{Kernel}: shift must be f32[G,{output.Channels}] with G dividing the {output.Rows} rows of {output}, found {shift}.");
            }
        }

        if (residual.IsPresent && (residual.Shape != output || residual.DType != inputs[0].DType))
        {
            throw new ShapeException($"{Kernel}: residual must be {inputs[0].DType.Name()}{output} as the output is, found {residual}.");
        }

        return output;
    }

    /// <summary>Shader, constants, workgroups and push constants.</summary>
    /// <param name="parameters">Gives the parameters' bytes from the shared ones.</param>
    /// <param name="extra">Features only the kernel knows of.</param>
    public KernelPlan Plan<T>(
        ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target, Func<MatrixParameters, T> parameters, MatrixFeatures extra = MatrixFeatures.None)
        where T : unmanaged
    {
        TensorSpec x = inputs[0], shift = inputs[3], residual = inputs[4];
        MatrixTile tile = TileTable.Choose(Problem(inputs), target);
        MatrixTiling tiling = MatrixTiling.Of(tile, Problem(inputs), target);
        PanelPacking packing = Packing(inputs, target);
        WorkgroupWalk walk = Walk(inputs, output, target);
        MatrixParameters shared = new(
            (uint)output.Shape.Rows,
            (uint)output.Shape.Channels,
            (uint)walk.Fold,
            (uint)packing.Depth,
            (uint)x.Shape.Channels,
            (uint)x.RowStride,
            (uint)residual.RowStride,
            (uint)output.RowStride,
            shift.IsPresent ? (uint)(output.Shape.Rows / shift.Shape[0]) : 1,
            (uint)shift.RowStride);
        extra |= When(tiling.ReadsZeros && !target.MergesLoads, MatrixFeatures.LaneLoads);
        extra |= When(IsOnCpu(tile) && packing.PaddedColumns == packing.Columns, MatrixFeatures.WholePanels);
        int features = (int)(Features(inputs, output, tiling) | extra) | ((int)Activation << ActivationShift);
        return new([new Dispatch(
            $"{Kernel}.{tiling.Shader}.{StorageName(x.DType, inputs[1].DType)}",
            [tiling.Invocations, features, .. tiling.Constants],
            walk.Groups,
            [.. Operands(inputs), Operand.Output],
            Dispatch.Pack(parameters(shared)),
            tiling.SubgroupSize)]);
    }

    /// <summary>Which workgroup computes which tile.</summary>
    public WorkgroupWalk Walk(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        MatrixProblem problem = Problem(inputs);
        MatrixTile tile = TileTable.Choose(problem, target);
        PanelPacking packing = Packing(inputs, target);
        long rowBytes = (long)(problem.Channels + problem.SecondChannels) * problem.Storage.Size();
        return packing.Panels <= target.MaxWorkgroupCount
            ? WorkgroupWalk.Of(output.Shape.Rows, rowBytes, tile.Rows, packing.Panels, packing.SizeInBytes / packing.Panels, IsOnCpu(tile), target)
            : throw new ShapeException(
                $"{Kernel}: {inputs[1]} makes {packing.Panels} panels of {packing.Panel} columns, more than {target.MaxWorkgroupCount} workgroups in one direction.");
    }

    private static bool IsOnCpu(MatrixTile tile) => tile.Family is MatrixFamily.Gather or MatrixFamily.LoadVector;

    public PanelPacking Packing(ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
    {
        MatrixProblem problem = Problem(inputs);
        MatrixTile tile = TileTable.Choose(problem, target);
        (int first, int second, DType type) = (problem.Channels, problem.SecondChannels, problem.Weights);
        MatrixTiling tiling = MatrixTiling.Of(tile, problem, target);
        int zeroBytes = tiling.ReadsZeros && Taps > 1 ? Math.Max(first, second) * problem.Storage.Size() : 0;
        return new(problem.Columns, Taps, first, second, tile.Columns, tiling.Element, tiling.ChannelMultiple, type, IsGeglu, zeroBytes, tiling.PairLanes);
    }

    /// <summary>The product as the tile table knows it.</summary>
    public MatrixProblem Problem(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec x, TensorSpec weight) = (inputs[0], inputs[1]);
        int second = inputs.Length > 5 && inputs[5].IsPresent ? inputs[5].Shape.Channels : 0;
        string kernel = Attributes.Length == 0 ? Kernel : $"{Kernel}({Attributes})";
        return new(kernel, x.DType, weight.DType, x.Shape.Rows, x.Shape.Channels, second, weight.Shape[0], IsGeglu, Batches);
    }

    public Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
    {
        double bytes = output.SizeInBytes;
        foreach (TensorSpec input in inputs)
        {
            bytes += input.SizeInBytes;
        }

        // Per output row every value of the weight is multiplied once.
        return new(2.0 * output.Shape.Rows * inputs[1].Shape.Count, bytes);
    }

    private static MatrixFeatures Features(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, MatrixTiling tiling)
    {
        TensorSpec residual = inputs[4];
        int vector = Math.Max(tiling.VectorChannels, tiling.PairLanes > 0 ? 2 : 1);
        MatrixFeatures features = When(inputs[2].IsPresent, MatrixFeatures.Bias)
            | When(inputs[3].IsPresent, MatrixFeatures.Shift)
            | When(residual.IsPresent, MatrixFeatures.Residual)
            | When(residual.IsPresent && IsSlice(residual), MatrixFeatures.Sliced)
            | When(IsSlice(output) || output.RowStride % vector != 0 || residual.RowStride % vector != 0, MatrixFeatures.ScalarStores)
            | Loads(inputs[0], tiling);
        bool hasSecond = inputs.Length > 5 && inputs[5].IsPresent;
        features |= hasSecond ? MatrixFeatures.SecondSource | Loads(inputs[5], tiling) : MatrixFeatures.None;
        bool isQuads = tiling.VectorChannels == 8 && features.HasFlag(MatrixFeatures.ScalarLoads) && inputs[0].DType == DType.F16
            && IsQuads(inputs[0]) && (!hasSecond || IsQuads(inputs[5]));
        bool isOneQuad = isQuads && inputs[0].Shape.Channels <= 4 && (!hasSecond || inputs[5].Shape.Channels <= 4);
        return features | When(isQuads, MatrixFeatures.QuadLoads) | When(isOneQuad, MatrixFeatures.OneQuad);
    }

    private static bool IsQuads(TensorSpec source) => source.Shape.Channels % 4 == 0 && !IsSlice(source);

    private static MatrixFeatures Loads(TensorSpec source, MatrixTiling tiling)
        => When(source.Shape.Channels % tiling.VectorChannels != 0 || source.RowStride % tiling.VectorChannels != 0, MatrixFeatures.ScalarLoads)
            | When(source.Shape.Channels % tiling.ChannelMultiple != 0, MatrixFeatures.ChannelTail)
            | When(IsSlice(source), MatrixFeatures.Sliced);

    private static bool IsSlice(TensorSpec tensor) => tensor.RowStride != tensor.Shape.Channels;

    private static MatrixFeatures When(bool condition, MatrixFeatures feature) => condition ? feature : MatrixFeatures.None;

    private static List<Operand> Operands(ReadOnlySpan<TensorSpec> inputs)
    {
        List<Operand> operands = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            operands.Add(inputs[i].IsPresent ? Operand.Input(i) : Operand.None);
        }

        return operands;
    }

    private static string StorageName(DType storage, DType weights) => storage == weights ? storage.Name() : $"{storage.Name()}w{weights.Size() * 8}";
}
