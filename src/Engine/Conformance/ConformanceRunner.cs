using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Engine.Conformance;

/// <summary>Runs conformance cases on a device and compares with the reference.</summary>
/// <remarks>Every operand lies between fences, outputs and scratch are poisoned before; a kernel that reads or writes beyond its
/// operands fails, whatever its numbers.</remarks>
public sealed class ConformanceRunner(GpuDevice device)
{
    /// <summary>The targets the device can run for which a case makes different dispatches, its own first: all families, with and without Winograd.</summary>
    public static ImmutableArray<KernelTarget> Targets(ConformanceCase row, KernelTarget target)
    {
        TensorSpec[] specs = row.Specs();
        TensorSpec output = new(row.Kernel.Infer(specs), row.Kernel.OutputType(specs));
        IEnumerable<KernelTarget> all =
            from family in Enum.GetValues<MatrixFamily>().OrderBy(family => family == target.Matrix ? 0 : 1)
            where family != MatrixFamily.CoopMatrix || target.Cooperative is not null
            from tile in new[] { target.WinogradTile, 0, 2, 4 }.Distinct()
            select target with { Matrix = family, WinogradTile = tile };
        return
        [
            .. all.DistinctBy(variant => string.Join(';', row.Kernel.Plan(specs, output, variant).Dispatches
                .Select(d => $"{d.Shader}({string.Join(',', d.Constants)})"))),
        ];
    }

    /// <summary>Runs a case for every target that this device can be planned as.</summary>
    public IReadOnlyList<ConformanceResult> Run(ConformanceCase row)
    {
        CaseData data = CaseData.Make(row);
        return [.. Targets(row, device.Plan.Target).Select(target => Run(data, target))];
    }

    /// <summary>Runs a case as it is planned for <paramref name="target"/>.</summary>
    public ConformanceResult Run(CaseData data, KernelTarget target)
    {
        KernelPlan plan = data.Case.Kernel.Plan(data.Specs, data.Output, target);
        byte[]?[] encoded = [.. data.Inputs.Select((input, i) => input is null ? null : data.Encode(i, target))];
        long total = encoded.Sum(e => e is null ? 0 : FencedBuffer.SizeInArena(e.Length))
            + FencedBuffer.SizeInArena(data.Output.SizeInBytes) + FencedBuffer.SizeInArena(plan.ScratchInBytes);
        using Arena arena = new(device, MemoryClass.Activations, total);
        FencedBuffer?[] inputs = [.. encoded.Select(e => e is null ? null : FencedBuffer.Holding(arena, e))];
        FencedBuffer output = FencedBuffer.Poisoned(arena, data.Output.SizeInBytes), scratch = FencedBuffer.Poisoned(arena, plan.ScratchInBytes);
        ulong[] addresses = [.. inputs.Select((buffer, i) => buffer is null ? 0 : buffer.Address + (ulong)data.OffsetInBytes(i))];
        Execute(plan, addresses, output, scratch, data.Case.Id);
        return Judge(data, target, inputs, output, scratch);
    }

    private static ConformanceResult Judge(CaseData data, KernelTarget target, FencedBuffer?[] inputs, FencedBuffer output, FencedBuffer scratch)
    {
        float[] actual = new float[data.Output.Shape.Count];
        TensorTransfer.Decode(output.Read(out string? failure), actual, data.Output.DType);
        failure = failure is null ? null : $"the output was {failure}";
        scratch.Read(out string? scratchDamage);
        failure ??= scratchDamage is null ? null : $"the scratch memory was {scratchDamage}";
        for (int i = 0; i < inputs.Length && failure is null; i++)
        {
            failure = inputs[i]?.FindChange() is { } change ? $"input {i} was {change}" : null;
        }

        (double nmse, double largest, int worst) = Compare(actual, data.Expected.Data);
        if (failure is null && !(nmse <= data.Case.MaxNmse))
        {
            failure = $"NMSE {nmse:g3}, at most {data.Case.MaxNmse:g} is allowed; furthest off is value {worst}: {actual[worst]:g9} for {data.Expected.Data[worst]:g9}";
        }

        return new(data.Case, target.Matrix, target.WinogradTile, nmse, largest, failure);
    }

    /// <summary>Normalised mean squared error, largest distance and where it is.</summary>
    private static (double Nmse, double Largest, int Worst) Compare(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double squares = 0, norm = 0, largest = 0;
        int worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double distance = Math.Abs((double)actual[i] - expected[i]);
            squares += distance * distance;
            norm += (double)expected[i] * expected[i];
            if (!(distance <= largest))
            {
                (largest, worst) = (distance, i);
                if (double.IsNaN(distance))
                {
                    return (double.NaN, double.NaN, i);
                }
            }
        }

        return (squares == 0 ? 0 : squares / norm, largest, worst);
    }

    private void Execute(KernelPlan plan, ulong[] inputs, FencedBuffer output, FencedBuffer scratch, string name)
    {
        using CommandRecorder recorder = new(device, name);
        recorder.Begin();
        recorder.Run(device.Pipelines, plan, inputs, output.Payload, plan.ScratchInBytes > 0 ? scratch.Payload : null);
        recorder.End();
        device.Queue.Wait(device.Queue.Submit(recorder));
    }
}
