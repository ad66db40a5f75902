using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>What a device can do at most, measured by shaders that do nothing else.</summary>
/// <param name="FlopsPerSecond">fp32 multiply-adds, two FLOPs each (bench_fma).</param>
/// <param name="ShaderBytesPerSecond">Read and written by a shader: elementwise, which copies.</param>
/// <param name="CopyBytesPerSecond">Read and written by vkCmdCopyBuffer.</param>
/// <param name="Void">A dispatch of one workgroup that does next to nothing: subtracted from every time.</param>
public sealed record Roofline(double FlopsPerSecond, double ShaderBytesPerSecond, double CopyBytesPerSecond, Timing Void)
{
    // Few turns suit drivers that run out of registers, many those that lose time where the loop turns.
    private static readonly int[] UnrolledTurns = [4, 32];

    private const int Invocations = 256, CopyBytes = 64 << 20, CopyColumns = 1024;

    /// <summary>The better of the two copies.</summary>
    public double BytesPerSecond => Math.Max(ShaderBytesPerSecond, CopyBytesPerSecond);

    /// <summary>FLOPs per byte above which arithmetic is the limit.</summary>
    public double Ridge => FlopsPerSecond / BytesPerSecond;

    /// <summary>The least time work can take here.</summary>
    public double LeastSeconds(Cost cost) => Math.Max(cost.Flops / FlopsPerSecond, cost.Bytes / BytesPerSecond);

    public static Roofline Measure(GpuDevice device, KernelTimer timer, Patience patience)
    {
        using Arena arena = new(device, MemoryClass.Activations, Arena.Alignment);
        ArenaSlice from = arena.Allocate(CopyBytes), to = arena.Allocate(CopyBytes);
        from.Upload(new byte[CopyBytes]);
        KernelPlan least = MultiplyPlan(to, device.Plan.Target.SubgroupSize, groups: 1, UnrolledTurns[0], rounds: 1);
        Timing nothing = timer.Measure("void dispatch", r => r.Run(device.Pipelines, least, [], to, null), patience with { Most = 200 }, out _);
        TensorSpec values = new([CopyBytes / sizeof(float) / CopyColumns, CopyColumns], DType.F32);
        KernelPlan copy = new Elementwise(ElementwiseOp.Copy).Plan([values], values, device.Plan.Target);
        double shader = timer.Measure("copy by a shader", r => r.Run(device.Pipelines, copy, [from.Address], to, null), patience, out _).Less(nothing).Basis;
        double transfer = timer.Measure("copy", r => r.Copy(from, to), patience, out _).Less(nothing).Basis;
        double flops = UnrolledTurns.Max(turns => Multiply(device, timer, patience, to, nothing, turns));
        return new(flops, 2.0 * CopyBytes / shader, 2.0 * CopyBytes / transfer, nothing);
    }

    /// <summary>Longer and longer until the time is well above a dispatch's own.</summary>
    private static double Multiply(GpuDevice device, KernelTimer timer, Patience patience, ArenaSlice target, Timing nothing, int turns)
    {
        double flopsPerRound = 2 * turns * 12;
        bool isCpu = device.Snapshot.Kind == DeviceKind.Cpu;
        int size = isCpu ? device.Plan.Target.SubgroupSize : Math.Min(Invocations, device.Plan.Target.MaxWorkgroupInvocations);
        int groups = isCpu ? 512 : 8192;
        for (uint rounds = 32; ; rounds *= 4)
        {
            KernelPlan plan = MultiplyPlan(target, size, groups, turns, rounds);
            double seconds = timer.Measure("bench_fma", r => r.Run(device.Pipelines, plan, [], target, null), patience, out _).Less(nothing).Basis;
            if (seconds > 0.01 || rounds >= 1 << 18)
            {
                return flopsPerRound * rounds * size * groups / seconds;
            }
        }
    }

    private static KernelPlan MultiplyPlan(ArenaSlice target, int size, int groups, int turns, uint rounds)
        => new([new("bench_fma", [size, turns], new(groups), [], Dispatch.Pack(new FmaPush(target.Address, 0.999f, 0.001f, rounds)))]);

    private readonly record struct FmaPush(ulong Y, float Factor, float Offset, uint Rounds);
}
