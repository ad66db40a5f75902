using Hummingbird.Vulkan.Bench.Models;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench model --model config:magicvideo</c>: pixels against latents, counted and measured; with --full-size the cascade's own graphs.</summary>
internal static class BenchMagicVideo
{
    public static int Run(DeviceChoice choice, int side, int frames, bool isFullSize, Terminal terminal)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight."));
        using OpenDevice device = choice.Open();
        terminal.Out.WriteLine($"device {Terminal.Printable(device.Backend.Name)}, precision {choice.PrecisionOf(device.Backend.Storage)}");
        terminal.Out.WriteLine();
        if (isFullSize)
        {
            ShowMeasured([.. MagicVideoBench.FullSize(device.Backend.Storage).Select(g => Measure(g, device, terminal, interrupt.Token))], terminal.Out);
            return ExitCodes.Done;
        }

        ShowCounts(terminal.Out);
        MeasuredGraph[] both = [.. MagicVideoBench.PixelsAndLatents(side, frames, device.Backend.Storage).Select(g => Measure(g, device, terminal, interrupt.Token))];
        ShowMeasured(both, terminal.Out);
        terminal.Out.WriteLine($"pixels over latents: {both[1].Flops / both[0].Flops:0.0} times the FLOPs, {both[1].Run / both[0].Run:0.0} times the time");
        return ExitCodes.Done;
    }

    internal static MeasuredGraph Measure((string Name, Func<ComputeGraph> Build) graph, OpenDevice device, Terminal terminal, CancellationToken cancellation)
    {
        terminal.Say($"measuring {graph.Name}");
        return MagicVideoBench.Measure(graph.Name, graph.Build(), device.Backend, cancellation);
    }

    /// <summary>What the paper's abstract claims, as far as it can be counted.</summary>
    private static void ShowCounts(TextWriter output)
    {
        FlopCount Count(int channels, int side, bool hasAttention)
            => FlopCount.Of(PixelsAndLatents.Graph(channels, 16, side, hasAttention, StorageTypes.Single));
        FlopCount pixels = Count(3, 256, true), latents = Count(4, 32, true), plainPixels = Count(3, 256, false), plainLatents = Count(4, 32, false);
        (string Name, double Pixels, double Latents)[] rows =
        [
            ("convolutions", pixels.Convolution, latents.Convolution),
            ("convolutions and linear layers", pixels.Convolution + pixels.Linear, latents.Convolution + latents.Linear),
            ("all, attention in the middle only", plainPixels.Total, plainLatents.Total),
            ("all, attention at the published levels", pixels.Total, latents.Total),
        ];
        output.WriteLine("FLOPs of one evaluation of the keyframe U-Net, 16 frames, one prompt");
        output.WriteLine($"{"",-40} {"256x256 RGB",12} {"32x32 latent",13} {"ratio",7}");
        foreach ((string name, double ofPixels, double ofLatents) in rows)
        {
            output.WriteLine($"{name,-40} {Figures.Count(ofPixels),12} {Figures.Count(ofLatents),13} {ofPixels / ofLatents,7:0.00}");
        }

        output.WriteLine();
        output.WriteLine("The paper says \"about 64 times fewer computations than VDM\". 64 is the ratio of pixels, (256 / 32)^2; which VDM the authors");
        output.WriteLine("meant, with which widths and where with attention, could not be read, so theirs may count differently.");
        output.WriteLine();
    }

    internal static void ShowMeasured(IReadOnlyList<MeasuredGraph> graphs, TextWriter output)
    {
        output.WriteLine($"{"",-45} {"FLOP",8} {"load",8} {"run",8} {"GFLOP/s",8}");
        foreach (MeasuredGraph graph in graphs)
        {
            output.WriteLine($"{graph.Name,-45} {Figures.Count(graph.Flops),8} {Figures.Time(graph.Load),8} {Figures.Time(graph.Run),8} {graph.GigaFlopsPerSecond,8:0.0}");
        }

        output.WriteLine($"memory {Figures.Bytes(FinishedVideo.PeakProcessMemoryInBytes)} process peak");
    }
}
