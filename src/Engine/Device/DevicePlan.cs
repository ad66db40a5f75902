using System.Collections.Immutable;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>One choice and why it was made, as <c>devices --explain</c> prints it.</summary>
public sealed record PlanDecision(string What, string Choice, string Reason);

/// <summary>Everything decided about how a device is used. Pure: the same snapshot and options give the same plan.</summary>
public sealed record DevicePlan
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const int ManyRegisters = 32;

    /// <summary>What kernels plan with.</summary>
    public required KernelTarget Target { get; init; }

    /// <summary>Storage of activations.</summary>
    public required DType ActivationType { get; init; }

    /// <summary>Storage of weights.</summary>
    public required DType WeightType { get; init; }

    /// <summary>Subgroup size pipelines ask for; 0 leaves it to the driver.</summary>
    public required int RequiredSubgroupSize { get; init; }

    public required int QueueFamily { get; init; }

    public required ImmutableArray<string> Extensions { get; init; }

    /// <summary>Features to enable.</summary>
    public required DeviceFeatures Features { get; init; }

    public required MemoryTypeChoices MemoryTypes { get; init; }

    /// <summary>All device memory the engine may use.</summary>
    public required long MemoryBudgetInBytes { get; init; }

    /// <summary>The largest chunk an arena allocates at once.</summary>
    public required long ChunkSizeInBytes { get; init; }

    /// <summary>The largest single buffer.</summary>
    public required long MaxBufferSizeInBytes { get; init; }

    /// <summary>The host reads and writes device memory without copies.</summary>
    public required bool IsDirect { get; init; }

    /// <summary>GPU time one submit should take at most in the ordinary case.</summary>
    public TimeSpan SubmitAim { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>GPU time no submit may pass.</summary>
    public TimeSpan SubmitLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bits of a timestamp that count; 0 when the queue has none.</summary>
    public required int TimestampValidBits { get; init; }

    public required DeviceOptions Options { get; init; }

    public required ImmutableArray<PlanDecision> Decisions { get; init; }

    /// <summary>Reasons why a device cannot be used; empty when it can.</summary>
    public static ImmutableArray<string> Missing(DeviceSnapshot device)
    {
        var missing = ImmutableArray.CreateBuilder<string>();
        if (Interop.ApiVersion.Parse(device.ApiVersion) < Interop.ApiVersion.V1_2)
        {
            return [$"it implements Vulkan {device.ApiVersion}, and 1.2 is the least the engine runs on"];
        }

        void Require(bool present, string name, string use)
        {
            if (!present)
            {
                missing.Add($"it lacks {name} ({use})");
            }
        }

        DeviceFeatures features = device.Features;
        Require(features.BufferDeviceAddress, "bufferDeviceAddress", "kernels reach their operands by address");
        Require(features.ShaderInt64, "shaderInt64", "addresses have 64 bits");
        Require(features.TimelineSemaphore, "timelineSemaphore", "submits are waited for by value");
        Require(features.ScalarBlockLayout, "scalarBlockLayout", "parameters are packed as C# packs them");
        Require(device.Subgroup.InCompute, "subgroup operations in compute shaders", "all kernels use them");
        foreach (string operation in (ReadOnlySpan<string>)["Basic", "Ballot", "Shuffle"])
        {
            Require(device.Subgroup.Operations.Contains(operation), $"subgroup operation {operation}", "matrix and reduction kernels");
        }

        Require(device.QueueFamilies.Any(q => q.Compute), "a compute queue", "everything runs there");
        Require(device.MemoryTypes.Any(t => t.IsHostVisible && t.IsHostCoherent), "host-visible coherent memory", "weights get in through it");
        return missing.ToImmutable();
    }

    /// <exception cref="DeviceUnsuitableException">The device cannot run the engine, or not with these options.</exception>
    public static DevicePlan Decide(DeviceSnapshot device, DeviceOptions options)
    {
        ImmutableArray<string> missing = Missing(device);
        if (missing.Length > 0)
        {
            throw new DeviceUnsuitableException($"{device.Name} cannot be used: {string.Join("; ", missing)}. A newer driver may help ({device.Driver} is installed).");
        }

        var decisions = ImmutableArray.CreateBuilder<PlanDecision>();
        void Decided(string what, string choice, string reason) => decisions.Add(new(what, choice, reason));

        int requiredSize = ChooseSubgroupSize(device, Decided);
        int queueFamily = ChooseQueue(device, Decided);
        (DType activations, DType weights) = ChooseStorage(device, options.Precision, Decided);
        bool isDirect = device.IsUnifiedMemory && !options.ForceStaging;
        Decided("transfers", isDirect ? "direct" : "staging", options.ForceStaging ? "asked for"
            : isDirect ? "the host and the device share one memory: weights are written in place"
            : "device memory lies behind a bus: copies go through staging buffers of at most 64 MiB");
        MemoryTypeChoices memoryTypes = MemoryTypeChoices.For(device);
        long budget = MemoryPolicy.Budget(device, memoryTypes, options.MaxMemoryGiB, Decided);
        long largest = (long)Math.Min(device.Limits.MaxMemoryAllocationSize, device.Limits.MaxBufferSize is 0 ? ulong.MaxValue : device.Limits.MaxBufferSize);
        long chunk = Math.Min(GiB, largest);
        Decided("buffer chunk", $"{chunk / MiB} MiB", $"at most 1 GiB each; the device allows allocations of {device.Limits.MaxMemoryAllocationSize / MiB} MiB");
        Decided("submits", "50 ms, never over 500 ms", "operating systems reset a GPU that works on one submit for 2 s");
        KernelTarget target = ChooseTarget(device, options, requiredSize, activations, Decided);
        return new()
        {
            Target = target,
            ActivationType = activations,
            WeightType = weights,
            RequiredSubgroupSize = requiredSize,
            QueueFamily = queueFamily,
            Extensions = ChooseExtensions(device, options, target),
            Features = device.Features with
            {
                CooperativeMatrix = target.Cooperative is not null,
                PipelineExecutableInfo = device.Features.PipelineExecutableInfo && options.PipelineStatistics,
            },
            MemoryTypes = memoryTypes,
            MemoryBudgetInBytes = budget,
            ChunkSizeInBytes = chunk,
            MaxBufferSizeInBytes = Math.Min(2 * GiB, largest),
            IsDirect = isDirect,
            TimestampValidBits = device.Limits.TimestampPeriod > 0 ? device.QueueFamilies[queueFamily].TimestampValidBits : 0,
            Options = options,
            Decisions = decisions.ToImmutable(),
        };
    }

    private static int ChooseSubgroupSize(DeviceSnapshot device, Action<string, string, string> decided)
    {
        SubgroupFacts facts = device.Subgroup;
        if (!facts.IsSizeSelectable || facts.MinSize == facts.MaxSize)
        {
            decided("subgroup size", facts.Size.ToString(CultureInfo.InvariantCulture), "the device has only this one, or does not let a pipeline choose");
            return 0;
        }

        // Intel's compilers spill at 32 lanes; elsewhere 32 is native.
        const uint Intel = 0x8086;
        int wanted = Math.Clamp(device.VendorId == Intel ? 16 : 32, facts.MinSize, facts.MaxSize);
        decided("subgroup size", wanted.ToString(CultureInfo.InvariantCulture), $"the device offers {facts.MinSize} to {facts.MaxSize}; every pipeline asks for this one");
        return wanted;
    }

    private static int ChooseQueue(DeviceSnapshot device, Action<string, string, string> decided)
    {
        int best = -1, bestScore = -1;
        for (int i = 0; i < device.QueueFamilies.Length; i++)
        {
            QueueFamilyFacts family = device.QueueFamilies[i];
            int score = !family.Compute ? -1 : (family.TimestampValidBits > 0 ? 2 : 0) + (family.Graphics ? 0 : 1);
            if (score > bestScore)
            {
                (best, bestScore) = (i, score);
            }
        }

        QueueFamilyFacts chosen = device.QueueFamilies[best];
        decided("queue family", best.ToString(CultureInfo.InvariantCulture),
            (chosen.Graphics ? "compute shares it with graphics, there is no other" : "compute only: the desktop's drawing does not queue behind ours")
            + (chosen.TimestampValidBits > 0 ? $", timestamps of {chosen.TimestampValidBits} bits" : ", no timestamps"));
        return best;
    }

    private static (DType Activations, DType Weights) ChooseStorage(DeviceSnapshot device, Precision precision, Action<string, string, string> decided)
    {
        DeviceFeatures features = device.Features;
        bool storesHalf = features.StorageBuffer16BitAccess;
        bool computesHalf = features.ShaderFloat16;
        (DType Activations, DType Weights, string Reason) choice = (precision, device.Kind) switch
        {
            (Precision.Fp32, _) => (DType.F32, DType.F32, "asked for"),
            (Precision.Fp16, _) when !storesHalf => throw new DeviceUnsuitableException(
                $"{device.Name} cannot run in fp16: it lacks storageBuffer16BitAccess. Use --precision fp32 or auto."),
            (Precision.Fp16, _) when !computesHalf => throw new DeviceUnsuitableException(
                $"{device.Name} cannot run in fp16: it lacks shaderFloat16. Use --precision fp32 or auto."),
            (Precision.Fp16, _) => (DType.F16, DType.F16, "asked for"),
            (_, _) when !storesHalf || !computesHalf => (DType.F32, DType.F32, $"the device lacks {(storesHalf ? "shaderFloat16" : "storageBuffer16BitAccess")}"),
            (_, DeviceKind.Cpu) => (DType.F32, DType.F16, "a processor converts fp16 slowly, so only weights, converted once per use, are kept in it"),
            _ => (DType.F16, DType.F16, "half the memory traffic; sums and statistics stay fp32"),
        };
        decided("activations", choice.Activations.Name(), choice.Reason);
        decided("weights", choice.Weights.Name(), choice.Reason);
        return (choice.Activations, choice.Weights);
    }

    private static KernelTarget ChooseTarget(
        DeviceSnapshot device, DeviceOptions options, int requiredSize, DType activations, Action<string, string, string> decided)
    {
        int subgroupSize = requiredSize > 0 ? requiredSize : device.Subgroup.Size;
        CooperativeTile? tile = MatrixChoice.Tile(device, subgroupSize);
        (MatrixFamily matrix, string reason) = MatrixChoice.Family(device, options, activations, tile);
        decided("matrix family", matrix.ToString(), reason);
        TileTable tiles = options.Tiles?.Table is { } tuned && tuned.Family == matrix ? tuned : TileTable.Default(matrix);
        (int winograd, string winogradReason) = MatrixChoice.WinogradTile(device);
        int registers = device.Kind == DeviceKind.Cpu ? device.HostVectorRegisters ?? ManyRegisters : ManyRegisters;
        if (device.Kind == DeviceKind.Cpu)
        {
            decided("vector registers", registers.ToString(CultureInfo.InvariantCulture), "of the processor that the driver computes on: what one lane sums must fit in");
        }

        decided("winograd", winograd == 0 ? "off" : $"tiles up to {winograd}x{winograd}", winogradReason);
        decided("tiles", tiles.Measured.IsEmpty ? "default table" : $"{tiles.Measured.Count} measured here", options.Tiles?.Note ?? "`hummingbird tune` measures this device");
        return new(
            subgroupSize,
            matrix,
            (int)device.Limits.MaxComputeWorkGroupInvocations,
            (int)Math.Min(device.Limits.MaxComputeWorkGroupCount.Min(), int.MaxValue),
            (int)device.Limits.MaxComputeSharedMemorySize,
            device.Kind == DeviceKind.Cpu,
            tiles,
            tile,
            winograd,
            registers,
            MatrixChoice.MergesLoads(device));
    }

    private static ImmutableArray<string> ChooseExtensions(DeviceSnapshot device, DeviceOptions options, KernelTarget target)
    {
        bool isVulkan13 = Interop.ApiVersion.Parse(device.ApiVersion) >= Interop.ApiVersion.V1_3;
        var enabled = ImmutableArray.CreateBuilder<string>();
        void EnableIf(bool wanted, string name)
        {
            if (wanted && device.Extensions.Contains(name))
            {
                enabled.Add(name);
            }
        }

        EnableIf(true, ExtensionNames.ExtMemoryBudget);
        EnableIf(!isVulkan13, ExtensionNames.ExtSubgroupSizeControl);
        EnableIf(!isVulkan13, ExtensionNames.KhrMaintenance4);
        EnableIf(target.Cooperative is not null, CooperativeMatrixExtension.Name);
        EnableIf(options.PipelineStatistics, ExtensionNames.KhrPipelineExecutableProperties);

        // A device that has it must have it enabled (it marks drivers layered over another API).
        EnableIf(true, ExtensionNames.KhrPortabilitySubset);
        return enabled.ToImmutable();
    }
}

/// <summary>A device cannot run the engine, or not as asked; the message says why.</summary>
public sealed class DeviceUnsuitableException(string message) : Exception(message);
