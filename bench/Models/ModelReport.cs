using System.Collections.Immutable;
using System.Globalization;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>A measured generation.</summary>
/// <param name="Graphs">In order of execution.</param>
/// <param name="PeakDeviceBytes">The most device memory in use at once.</param>
public sealed record ModelReport(
    string Model, GenerationRequest Request, DeviceSnapshot Device, DevicePlan Plan, Roofline Roof, ImmutableArray<GraphMeasurement> Graphs, long PeakDeviceBytes)
{
    /// <summary>Seconds of the whole generation, loading left out: measured time of each graph times its runs.</summary>
    public double Seconds => Graphs.Sum(g => g.AllSeconds);

    /// <summary>The same by what models are compared by.</summary>
    public double Basis => Graphs.Sum(g => g.Runs * g.Basis);

    public double Flops => Graphs.Sum(g => g.Runs * g.Cost.Flops);

    public SubmitHistogram Submits => SubmitHistogram.Of(Graphs);

    public GraphMeasurement this[string graph] => Graphs.First(g => g.Graph == graph);
}

/// <summary>Two models on one device in one run: how much faster the second is, and why.</summary>
public sealed record ModelComparison(ModelReport Slow, ModelReport Fast)
{
    private const string Call = "step", Frame = "vae_decode";

    /// <summary>Of the whole generations.</summary>
    public double Ratio => Slow.Basis / Fast.Basis;

    public double FlopRatio => Slow.Flops / Fast.Flops;

    /// <summary>All U-Net calls against all.</summary>
    public double UNetRatio => Slow[Call].Runs * Slow[Call].Basis / (Fast[Call].Runs * Fast[Call].Basis);

    public double UNetFlopRatio => Slow[Call].Runs * Slow[Call].Cost.Flops / (Fast[Call].Runs * Fast[Call].Cost.Flops);

    /// <summary>What Ratio is made of: fewer calls, and a smaller network for each.</summary>
    public (double Calls, double PerCall) Factors => ((double)Slow[Call].Runs / Fast[Call].Runs, Slow[Call].Basis / Fast[Call].Basis);

    public void WriteTo(TextWriter output)
    {
        foreach (ModelReport report in (ReadOnlySpan<ModelReport>)[Slow, Fast])
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{report.Model}: {report[Call].Runs} U-Net calls of {report[Call].Basis:0.00} s + {report[Frame].Runs} frames of {report[Frame].Basis:0.00} s + text and conditioning = {report.Basis:0.0} s{(report.Roof.Void.IsCpu ? " of processor time" : "")}"));
        }

        (double calls, double perCall) = Factors;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ratio {Ratio:0.0} ({FlopRatio:0.0} by FLOPs); U-Net alone {UNetRatio:0.0} ({UNetFlopRatio:0.0} by FLOPs) = {calls:0.0} times fewer calls x {perCall:0.00} less time each; decoding is {100 * Fast[Frame].Runs * Fast[Frame].Basis / Fast.Basis:0} % of the faster one"));
    }
}
