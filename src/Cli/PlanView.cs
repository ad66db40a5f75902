using System.Globalization;
using Hummingbird.Vulkan.Cli.Commands;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary><c>generate --dry-run</c>: what the run would take on this device.</summary>
internal static class PlanView
{
    public static void Show(GenerateArguments arguments, GenerationRequest request, ModelFolder model, TextWriter output)
    {
        if (arguments.Device.IsReference)
        {
            GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Single, GraphPlanner.Reference);
            ShowHead(plan, request, model, "reference", arguments.Device.PrecisionOf(StorageTypes.Single), output);
            ShowGraphs(plan, output);
            return;
        }

        // The plan of a device is made from its snapshot: the device itself is not opened.
        using VulkanInstance vulkan = VulkanInstance.Create();
        DeviceSnapshot snapshot = vulkan.Snapshots[DeviceSelection.Choose(vulkan.Snapshots, arguments.Device.Options.Selector).Index];
        DevicePlan device = DevicePlan.Decide(snapshot, TileCacheFile.Complete(arguments.Device.Options, snapshot));
        StorageTypes storage = new(device.ActivationType, device.WeightType);
        GenerationPlan planned = GenerationPlan.Create(request, model, storage, GpuBackend.PlannerOf(device), PaceFile.For(snapshot, device.Options)?.Read(snapshot));
        ShowHead(planned, request, model, snapshot.Name, arguments.Device.PrecisionOf(storage), output);
        ShowGraphs(planned, output);
        ShowMemory(planned, snapshot.IsUnifiedMemory, output);
    }

    private static void ShowHead(GenerationPlan plan, GenerationRequest request, ModelFolder model, string device, string precision, TextWriter output)
    {
        LatentSize latents = plan.Latents;
        output.WriteLine($"model    {model.DisplayName}");
        output.WriteLine($"device   {device}, precision {precision}");
        output.WriteLine($"video    {request.Frames} frames of {request.Width}x{request.Height} at {request.Fps} fps, seed {request.Seed}");
        output.WriteLine($"latents  [1, {latents.Channels}, {latents.Frames}, {latents.Height}, {latents.Width}], {request.Steps} steps of {request.Scheduler}");
        output.WriteLine();
    }

    private static void ShowGraphs(GenerationPlan plan, TextWriter output)
    {
        output.WriteLine($"{"graph",-14} {"runs",5} {"nodes",6} {"FLOP",9} {"moved",10} {"weights",10} {"activations",12} {"together",10} {"time",9}");
        foreach (PlannedGraph graph in plan.Graphs)
        {
            output.WriteLine(
                $"{graph.Graph,-14} {graph.Runs,5} {graph.Nodes,6} {Figures.Count(graph.Flops),9} {Figures.Bytes(graph.Bytes),10} {Figures.Bytes(graph.Layout.WeightsInBytes),10} "
                + $"{Figures.Bytes(graph.Layout.Activations.TotalInBytes),12} {Figures.Bytes(graph.MemoryInBytes),10} {(graph.Seconds is double s ? Figures.Time(TimeSpan.FromSeconds(s)) : "-"),9}");
        }

        output.WriteLine();
        output.WriteLine($"total    {Figures.Count(plan.Flops)} FLOP; at most {Figures.Bytes(plan.PeakMemoryInBytes)} of device memory at once"
            + (plan.BudgetInBytes == long.MaxValue ? "" : $", {Figures.Bytes(plan.BudgetInBytes)} may be used"));
        output.WriteLine(plan.Seconds is double seconds
            ? $"time     about {Figures.Time(TimeSpan.FromSeconds(seconds))} besides loading, at the pace measured here"
            : "time     unknown: nothing was measured on this device yet");
    }

    private static void ShowMemory(GenerationPlan plan, bool isUnified, TextWriter output)
    {
        output.WriteLine($"host     {Figures.Bytes(plan.HostInBytes)} for the program and reading weights"
            + (isUnified ? $"; device memory is the host's own here: about {Figures.Bytes(plan.PeakTogetherInBytes)} of process memory at most" : ""));
        foreach (PlannedGraph graph in plan.Graphs.Where(g => g.Layout.Savings.Length > 0))
        {
            output.WriteLine($"saved    {graph.Graph}: {string.Join("; ", graph.Layout.Savings)}");
        }

        if (!plan.Tiles.IsWhole)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"saved    vae_decode: {plan.Tiles.Count} overlapping tiles of {plan.Tiles.TileWidth * plan.Tiles.PixelsPerLatent}x{plan.Tiles.TileHeight * plan.Tiles.PixelsPerLatent} a frame"));
        }

        if (plan.MissingInBytes > 0)
        {
            output.WriteLine($"This does not fit: {Figures.Bytes(plan.MissingInBytes)} are missing. Fewer --frames, a smaller size or --precision fp16 need less.");
        }
    }
}
