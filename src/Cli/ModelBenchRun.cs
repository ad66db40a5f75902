using System.Globalization;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Bench.Models;
using Hummingbird.Vulkan.Cli.Commands;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary><c>bench model</c> on this device: opens, measures one model or two, and says what came out.</summary>
internal static class ModelBenchRun
{
    // One letter: the published vocabulary is not needed, and every implementation makes the same tokens of it.
    private const string Prompt = "x";

    public static int Run(ModelBenchArguments arguments, Terminal terminal)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight; once more to end at once."));
        using OpenDevice device = arguments.Device.Open();
        GpuBackend backend = (GpuBackend)device.Backend;
        PhaseTrace? trace = arguments.Trace is null ? null : new();
        backend.Observer = trace is null ? null : trace.Show;
        using KernelTimer timer = new(device.Device!);
        Roofline roof = Roofline.Measure(device.Device!, timer, new());
        terminal.Out.WriteLine($"{Terminal.Printable(device.Device!.Snapshot.Name)}, {Terminal.Printable(device.Device.Snapshot.Driver)}; activations {device.Device.Plan.ActivationType}, weights {device.Device.Plan.WeightType}, {device.Device.Plan.Target.Matrix}");
        ModelReport? other = arguments.Compare is string compared ? Measure(compared, isCompared: true) : null;
        ModelReport report = Measure(arguments.Model, isCompared: false);
        ModelComparison? comparison = other is null ? null : new(other, report);
        comparison?.WriteTo(terminal.Out);
        if (arguments.Json is not null)
        {
            AtomicFile.Write(arguments.Json, stream => ModelBenchJson.Write(report, comparison, stream));
        }

        trace?.Save(arguments.Trace!);
        return ExitCodes.Done;

        ModelReport Measure(string name, bool isCompared)
        {
            using ModelFolder model = ModelChoice.Open(name, ModelBenchOptions.IsArchitecture(name) ? arguments.RandomWeights : null);
            GenerationRequest request = RequestOf(arguments, model, isCompared);
            RequestCheck.Validate(request, model);
            GenerationPlan.Create(request, model, backend.Storage, backend.Planner).CheckBudget();
            terminal.Out.WriteLine($"{model.DisplayName}, {request.Frames} frames of {request.Width}x{request.Height}, {request.Steps} steps of {request.Scheduler}");
            terminal.Out.WriteLine(ModelTable.Head);
            ModelBench bench = new(model, backend, request, new(arguments.Calls, arguments.Decoded), interrupt.Token);
            ModelReport measured = bench.Run(roof, graph => terminal.Out.WriteLine(ModelTable.Line(graph, roof)));
            ModelTable.WriteTail(measured, terminal.Out);
            if (!isCompared && arguments.Outputs is not null)
            {
                Save(arguments, model, request, bench.Outputs!);
            }

            return measured;
        }
    }

    /// <summary>The model compared with keeps its own steps and frames per second, not its size.</summary>
    private static GenerationRequest RequestOf(ModelBenchArguments arguments, ModelFolder model, bool isCompared)
    {
        GenerationDefaults defaults = model.Index.Defaults;
        return new(
            Prompt, "", Seed: 1, isCompared ? defaults.Steps : arguments.Steps ?? defaults.Steps, arguments.Frames ?? defaults.Frames, defaults.Fps,
            arguments.Width ?? defaults.Width, arguments.Height ?? defaults.Height, defaults.GuidanceScale, defaults.Sampler);
    }

    private static void Save(ModelBenchArguments arguments, ModelFolder model, GenerationRequest request, ModelOutputs outputs)
    {
        LatentSize size = LatentSize.Of(request, model);
        int timestep = Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps).Timesteps[0];
        Dictionary<string, string> about = new()
        {
            ["weights_seed"] = $"{arguments.RandomWeights}",
            ["noise_seed"] = $"{request.Seed}",
            ["ids"] = string.Join(',', model.Tokenizer.EncodeToContext(request.Prompt)),
            ["latents"] = $"{size.Frames}x{size.Height}x{size.Width}",
            ["timestep"] = $"{timestep}",
            ["fps"] = $"{request.Fps}",
            ["guidance_scale"] = request.GuidanceScale.ToString(CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Write(
            arguments.Outputs!,
            [
                TensorToWrite.FromFloats("states", [outputs.States.Length], outputs.States),
                TensorToWrite.FromFloats("eps", [1, size.Frames, size.Height, size.Width, size.Channels], outputs.Eps),
                TensorToWrite.FromFloats("image", [1, request.Height, request.Width, 3], outputs.Image),
            ],
            about);
    }
}
