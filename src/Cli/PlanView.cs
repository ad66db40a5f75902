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
            GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Single, target: null, long.MaxValue);
            Show(plan, request, model, "reference", arguments.Device.PrecisionOf(StorageTypes.Single), null, output);
            return;
        }

        // The plan of a device is made from its snapshot: the device itself is not opened.
        using VulkanInstance vulkan = VulkanInstance.Create();
        DeviceSnapshot snapshot = vulkan.Snapshots[DeviceSelection.Choose(vulkan.Snapshots, arguments.Device.Options.Selector).Index];
        DevicePlan device = DevicePlan.Decide(snapshot, arguments.Device.Options);
        StorageTypes storage = new(device.ActivationType, device.WeightType);
        GenerationPlan planned = GenerationPlan.Create(request, model, storage, device.Target, device.ChunkSizeInBytes);
        Show(planned, request, model, snapshot.Name, arguments.Device.PrecisionOf(storage), device.MemoryBudgetInBytes, output);
    }

    private static void Show(GenerationPlan plan, GenerationRequest request, ModelFolder model, string device, string precision, long? budget, TextWriter output)
    {
        LatentSize latents = plan.Latents;
        output.WriteLine($"model    {model.DisplayName}");
        output.WriteLine($"device   {device}, precision {precision}");
        output.WriteLine($"video    {request.Frames} frames of {request.Width}x{request.Height} at {request.Fps} fps, seed {request.Seed}");
        output.WriteLine($"latents  [1, {latents.Channels}, {latents.Frames}, {latents.Height}, {latents.Width}], {request.Steps} steps of {request.Scheduler}");
        output.WriteLine();
        output.WriteLine($"{"graph",-14} {"runs",5} {"nodes",6} {"FLOP",9} {"weights",10} {"activations",12}");
        foreach (PlannedGraph graph in plan.Graphs)
        {
            output.WriteLine($"{graph.Graph,-14} {graph.Runs,5} {graph.Nodes,6} {Figures.Count(graph.Flops),9} {Figures.Bytes(graph.WeightsInBytes),10} {Figures.Bytes(graph.ActivationsInBytes),12}");
        }

        output.WriteLine();
        output.WriteLine($"total    {Figures.Count(plan.Flops)} FLOP; at most {Figures.Bytes(plan.PeakMemoryInBytes)} of device memory at once"
            + (budget is long bytes ? $", {Figures.Bytes(bytes)} may be used" : ""));
        if (plan.PeakMemoryInBytes > budget)
        {
            output.WriteLine("This does not fit: fewer --frames, a smaller size or --precision fp16 need less.");
        }
    }
}
