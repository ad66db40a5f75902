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

/// <summary>How long kernels take on a device: a guess from their cost, corrected for each kind of work by what was measured.</summary>
/// <remarks>Shared by all graphs of a generation: what the text encoder's matrix products took says how the U-Net's are to be cut.</remarks>
/// <param name="rate">The guess.</param>
/// <param name="known">Corrections known from before.</param>
public sealed class Pace(DeviceRate rate, IReadOnlyDictionary<string, double>? known = null)
{
    private const double Least = 1e-4, Most = 100;

    // Submits of a device about which nothing is known are cut as if it were so many times slower than guessed: short ones cost little.
    private const double Caution = 4;

    // Work that is expected to take less says more about dispatching than about the kernel.
    private const double LeastSeconds = 5e-3;

    private readonly Dictionary<string, double> factors = known?.Where(f => f.Value is >= Least and <= Most).ToDictionary() ?? [];

    /// <summary>Measured by expected time of each kind of work seen so far.</summary>
    public IReadOnlyDictionary<string, double> Factors => factors;

    /// <summary>What a node is expected to take; a kind never measured is taken to be as far off as the worst of the others.</summary>
    public double Seconds(Node node, KernelPlan plan) => Seconds(KindOf(plan), Guess(node));

    /// <summary>The same from the guess, which costs more than the correction.</summary>
    public double Seconds(string kind, double guess) => guess * FactorOf(kind);

    /// <summary>
    /// The shaders that a plan runs, without their storage: <c>winograd_input+matmul+winograd_output</c>. One kernel may be several kinds:
    /// attention of wide heads takes six times as long for its arithmetic as that of narrow ones on a CPU driver.
    /// </summary>
    public static string KindOf(KernelPlan plan)
        => string.Join('+', plan.Dispatches.Select(d => d.Shader.Split('.')[0]).Distinct());

    /// <summary>What a node takes by its cost alone.</summary>
    public double Guess(Node node) => rate.Seconds(node.Cost);

    /// <summary>All nodes of a kind in a graph took so long together: odd ones among them do not count more than they are.</summary>
    /// <param name="kind">As KindOf names it.</param>
    /// <param name="guess">By their cost alone.</param>
    /// <param name="measured">Seconds.</param>
    public void Learn(string kind, double guess, double measured)
    {
        if (guess >= LeastSeconds && measured > 0)
        {
            factors[kind] = Math.Clamp(measured / guess, Least, Most);
        }
    }

    private double FactorOf(string kind)
    {
        if (factors.TryGetValue(kind, out double factor))
        {
            return factor;
        }

        double worst = 0;
        foreach (double other in factors.Values)
        {
            worst = Math.Max(worst, other);
        }

        return factors.Count == 0 ? Caution : worst;
    }
}
