using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>How fast a device is believed to be, for cutting work into submits before anything was measured.</summary>
/// <param name="FlopsPerSecond">Sustained arithmetic.</param>
/// <param name="BytesPerSecond">Sustained memory traffic.</param>
/// <param name="DispatchSeconds">Fixed price of one dispatch.</param>
public readonly record struct DeviceRate(double FlopsPerSecond, double BytesPerSecond, double DispatchSeconds)
{
    /// <summary>A cautious guess for a kind of device; the first run corrects it.</summary>
    public static DeviceRate Expected(DeviceKind kind) => kind switch
    {
        DeviceKind.Cpu => new(10e9, 2e9, 20e-6),
        DeviceKind.Discrete => new(2e12, 100e9, 10e-6),
        _ => new(200e9, 20e9, 20e-6),
    };

    /// <summary>Seconds that work of this cost takes.</summary>
    public double Seconds(Cost cost) => Math.Max(cost.Flops / FlopsPerSecond, cost.Bytes / BytesPerSecond) + DispatchSeconds;

    /// <summary>The same proportions, <paramref name="factor"/> times slower.</summary>
    public DeviceRate SlowedBy(double factor) => new(FlopsPerSecond / factor, BytesPerSecond / factor, DispatchSeconds * factor);
}

/// <summary>A run of consecutive nodes that is handed to the queue at once.</summary>
/// <param name="First">Index of the first node.</param>
/// <param name="Count">How many.</param>
/// <param name="Seconds">What it is expected to take.</param>
public readonly record struct SubmitRange(int First, int Count, double Seconds);

/// <summary>Cuts a graph into submits of bounded length: a long one looks like a hang to the driver and to the desktop.</summary>
/// <remarks>Pure: the same costs and rate always give the same cuts.</remarks>
public sealed record SubmitPlan(ImmutableArray<SubmitRange> Submits, ImmutableArray<int> Parts)
{
    /// <summary>Into how many pieces the dispatches of a range are cut: more than one only for a node that stands alone.</summary>
    public int PartsOf(SubmitRange range) => range.Count == 1 ? Parts[range.First] : 1;

    /// <param name="costs">One per node, in order.</param>
    /// <param name="rate">The device's speed.</param>
    /// <param name="aimSeconds">No submit is meant to be longer; a node that is, is dispatched in <see cref="Parts"/> pieces, each its own submit.</param>
    public static SubmitPlan Create(ReadOnlySpan<Cost> costs, DeviceRate rate, double aimSeconds)
    {
        var submits = ImmutableArray.CreateBuilder<SubmitRange>();
        var parts = ImmutableArray.CreateBuilder<int>(costs.Length);
        int first = 0;
        double sum = 0;
        for (int i = 0; i < costs.Length; i++)
        {
            double seconds = rate.Seconds(costs[i]);
            parts.Add(Math.Max(1, (int)Math.Ceiling(seconds / aimSeconds)));
            bool standsAlone = parts[i] > 1 || (i > first && parts[i - 1] > 1);
            if (i > first && (standsAlone || sum + seconds > aimSeconds))
            {
                submits.Add(new(first, i - first, sum));
                (first, sum) = (i, 0);
            }

            sum += seconds;
        }

        if (first < costs.Length)
        {
            submits.Add(new(first, costs.Length - first, sum));
        }

        return new(submits.ToImmutable(), parts.MoveToImmutable());
    }
}
