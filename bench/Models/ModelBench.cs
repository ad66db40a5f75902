using System.Collections.Immutable;
using System.Diagnostics;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>How much of a generation is run; the rest is multiplied.</summary>
/// <param name="Calls">U-Net calls.</param>
/// <param name="Frames">Frames decoded.</param>
public sealed record ModelSample(int Calls = 1, int Frames = 1);

/// <summary>What a bench computed on the way, for comparison with another implementation.</summary>
/// <param name="States">Of the text encoder, [1, L, C].</param>
/// <param name="Eps">The prediction at the first timestep from the seed's noise, [1, T, H, W, C].</param>
/// <param name="Image">The first frame of that noise, decoded: [1, 1, H, W, 3].</param>
public sealed record ModelOutputs(float[] States, float[] Eps, float[] Image);

/// <summary>Runs each graph of a generation and takes the time of every operation by the device's clock.</summary>
/// <remarks>A U-Net call is one prediction for one prompt: a step of a model guided by two calls counts as two.</remarks>
public sealed class ModelBench(ModelFolder model, GpuBackend backend, GenerationRequest request, ModelSample sample, CancellationToken cancellation)
{
    private readonly List<GraphRun> runs = [];
    private readonly LatentSize size = LatentSize.Of(request, model);
    private readonly IScheduler scheduler = Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps);

    public ModelOutputs? Outputs { get; private set; }

    /// <param name="roof">Of the device.</param>
    /// <param name="progress">Sees every graph when it is done.</param>
    public ModelReport Run(Roofline roof, Action<GraphMeasurement>? progress = null)
    {
        Action<GraphRun>? before = backend.Observer;
        backend.Observer = run =>
        {
            runs.Add(run);
            before?.Invoke(run);
        };
        int prompts = RequestCheck.HasEmbeddedGuidance(model) ? 1 : 2;
        List<GraphMeasurement> graphs = [];
        void Add(int times, Func<double> work)
        {
            runs.Clear();
            double load = work();
            graphs.Add(new(runs[^1].Graph.Name, times, load, [.. runs], runs[^1].Layout));
            progress?.Invoke(graphs[^1]);
        }

        PromptEmbeddings prompt = null!;
        UNetConditions conditions = null!;
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        float[] start = Noise.Draw(request, 0, size).Start;
        float[] eps = [], image = [];
        try
        {
            Add(prompts, () => Loading(() => prompt = new PromptEncoding(model, backend, new(null)).Encode(request, cancellation) with { Negative = null }));
            Add(prompts, () => Loading(() => conditions = UNetConditions.Compute(unet, backend, backend.Storage, request, scheduler, prompt, cancellation)));
            Add(prompts * scheduler.Timesteps.Count, () => Calls(StepGraph.Build(unet, backend.Storage, size, prompt), conditions, start, out eps));
            Add(request.Frames, () => Frames(start, out image));
        }
        finally
        {
            backend.Observer = before;
        }

        Outputs = new(prompt.Prompt, eps, image);
        return new(model.DisplayName, request, backend.Device.Snapshot, backend.Device.Plan, roof, [.. graphs], backend.Device.Memory.PeakInBytes);
    }

    /// <summary>Seconds besides those of the runs.</summary>
    private double Loading(Action work)
    {
        long began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds - runs.Sum(r => r.WallSeconds);
    }

    private double Calls(ComputeGraph graph, UNetConditions conditions, float[] start, out float[] eps)
    {
        long began = Stopwatch.GetTimestamp();
        using IGraphExecutor step = backend.Prepare(graph);
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        conditions.WriteContext(step);
        step.Write("sample", start);
        step.Write("noise", start);
        step.Write("shifts", conditions.ShiftsOf(0));
        step.Write("coefficients", StepGraph.Coefficients(scheduler.Step(0), request.GuidanceScale));
        for (int i = 0; i < sample.Calls; i++)
        {
            step.Run(cancellation);
        }

        eps = new float[size.Count];
        step.Read("eps", eps);
        return load;
    }

    private double Frames(float[] latents, out float[] image)
    {
        long began = Stopwatch.GetTimestamp();
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        using IGraphExecutor executor = backend.Prepare(Decoding.BuildFrame(vae, backend.Storage, size));
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        float[] frame = [.. latents.Take(size.Count / size.Frames).Select(v => v / model.VaeConfig.ScalingFactor)];
        executor.Write("latents", frame);
        for (int i = 0; i < sample.Frames; i++)
        {
            executor.Run(cancellation);
        }

        image = new float[executor.Graph.Output("image").Shape.Count];
        executor.Read("image", image);
        return load;
    }
}
