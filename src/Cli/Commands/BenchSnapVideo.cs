using Hummingbird.Vulkan.Bench.Models;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench model --model config:snapvideo-500m</c>: FIT beside the paper's U-Net; config:snapvideo-3.9b: both stages of the cascade.</summary>
internal static class BenchSnapVideo
{
    // Table 2 of the paper, milliseconds a video on an A100.
    private const double PublishedUNet = 105.1, PublishedFit = 23.4;

    public static int Compare(DeviceChoice choice, Terminal terminal) => Run(choice, terminal, SnapVideoBench.UNetAndFit, (graphs, output) =>
    {
        (MeasuredGraph unet, MeasuredGraph fit) = (graphs[0], graphs[1]);
        double flops = unet.Flops / fit.Flops, rates = fit.GigaFlopsPerSecond / unet.GigaFlopsPerSecond;
        output.WriteLine($"U-Net over FIT: {flops:0.00} times the FLOPs, {unet.Run / fit.Run:0.00} times the time = {flops:0.00} by FLOPs x {rates:0.00} by speed.");
        output.WriteLine($"Published, on an A100: {PublishedUNet / PublishedFit:0.00} = {flops:0.00} x {PublishedUNet / PublishedFit / flops:0.00}. There FIT's few large products fill the device");
        output.WriteLine("better than the U-Net's many small convolutions. On a processor 3x3 convolutions gain from Winograd's transform instead, which");
        output.WriteLine("counts here as speed: FLOPs are those of the direct convolution.");
    });

    public static int FullSize(DeviceChoice choice, Terminal terminal) => Run(choice, terminal, SnapVideoBench.FullSize, static (_, _) => { });

    private static int Run(
        DeviceChoice choice, Terminal terminal, Func<StorageTypes, IEnumerable<(string Name, Func<ComputeGraph> Build)>> graphs, Action<MeasuredGraph[], TextWriter> conclude)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight."));
        using OpenDevice device = choice.Open();
        terminal.Out.WriteLine($"device {Terminal.Printable(device.Backend.Name)}, precision {choice.PrecisionOf(device.Backend.Storage)}; one video, one prompt, no guidance");
        terminal.Out.WriteLine();
        MeasuredGraph[] measured = [.. graphs(device.Backend.Storage).Select(g => BenchMagicVideo.Measure(g, device, terminal, interrupt.Token))];
        BenchMagicVideo.ShowMeasured(measured, terminal.Out);
        conclude(measured, terminal.Out);
        return ExitCodes.Done;
    }
}
